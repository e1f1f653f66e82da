"""What is refused: the image security policy as plain limits, and where each comes from.

`image_security_policy` (its shape: `linter.config_file`) stands in the configuration or in a file
given with --policy, which is a configuration file whose word is final.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from dockgate.builder.vulnerabilities.exceptions import Ignore
from dockgate.linter import config as configuration
from dockgate.linter.config import Config
from dockgate.linter.errors import UsageError
from dockgate.rules.rule import Severity
from dockgate.rules.subjects.dockerfile import Dockerfile, Reference
from dockgate.rules.subjects.images import matches_any
from dockgate.rules.subjects.text import Span

if TYPE_CHECKING:
    from dockgate.linter.configuration.config_file import (
        ImageSecurityPolicy,
        VulnerabilityPolicy,
    )

STRICT = "strict"  #: the built-in policy that refuses warnings too


MAX_DATA_AGE = 7  #: days that vulnerability data may be old, where nothing else is said


class VulnerabilityLimits(NamedTuple):
    """How many known vulnerabilities an image may have; None limits nothing."""

    max_critical: int | None = None
    max_high: int | None = None
    max_medium: int | None = None
    max_age: int = MAX_DATA_AGE  #: of the data, in days
    unrated: str = ""  #: the band that what nobody has rated counts as; "": it may be any
    ignores: tuple[Ignore, ...] = ()

    @property
    def by_band(self) -> dict[str, int]:
        """The limits that there are, by band."""
        given = {"critical": self.max_critical, "high": self.max_high, "medium": self.max_medium}
        return {band: count for band, count in given.items() if count is not None}


class Limits(NamedTuple):
    """What an image has to keep to. Sizes are bytes; None and () limit nothing."""

    refuse_at: Severity = Severity.ERROR  #: findings from this severity on are refused
    max_size: int | None = None  #: of all layers, unpacked
    max_layers: int | None = None
    required_labels: tuple[str, ...] = ()
    allowed_registries: tuple[str, ...] = ()
    blocked_registries: tuple[str, ...] = ()
    vulnerabilities: VulnerabilityLimits = VulnerabilityLimits()
    unchecked: tuple[str, ...] = ()  #: what the policy asks for and nobody here can check

    @property
    def limits_registries(self) -> bool:
        """Whether it says where bases may come from."""
        return bool(self.allowed_registries or self.blocked_registries)


def effective(path: str, config: str | None, policy: str | None) -> tuple[Config, Limits]:
    """The configuration and the limits in force for the file `path`.

    `config` and `policy` are what --config and --policy say. Under a policy file nothing that a
    repository brings weighs: neither its configuration nor comments that ignore findings.
    Raises UsageError.
    """
    if policy is not None and policy != STRICT:
        final, found_limits = _from_file(policy)
        return final.for_path(path), found_limits
    if config is not None:
        found = configuration.read(config).for_path(path)
    else:
        found = configuration.find(path)
    refuse_at = Severity.WARNING if policy == STRICT else Severity.ERROR
    return found, limits(found.policy, refuse_at)


def limits(policy: ImageSecurityPolicy | None, refuse_at: Severity = Severity.ERROR) -> Limits:
    """The limits that a policy sets; without one, severities alone decide."""
    if policy is None:
        return Limits(refuse_at)
    unchecked = []
    if policy.signing.required:
        unchecked.append(
            "signing.required asks for a signature, and none can be made or checked yet"
        )
    return Limits(
        refuse_at,
        max_size=policy.size.max_size,
        max_layers=policy.size.max_layers,
        required_labels=policy.base_image.required_labels,
        allowed_registries=policy.base_image.allowed_registries,
        blocked_registries=policy.base_image.blocked_registries,
        vulnerabilities=_vulnerability_limits(policy.vulnerabilities),
        unchecked=tuple(unchecked),
    )


def _vulnerability_limits(policy: VulnerabilityPolicy) -> VulnerabilityLimits:
    return VulnerabilityLimits(
        policy.max_critical,
        policy.max_high,
        policy.max_medium,
        max_age=policy.max_data_age,
        unrated="" if policy.unrated == "undecided" else policy.unrated,
        ignores=tuple(
            Ignore(one.id, one.package, expires=one.expires, reason=one.reason, where="policy")
            for one in policy.ignore
        ),
    )


def foreign_bases(dockerfile: Dockerfile, limits: Limits) -> list[str]:
    """What the limits on registries say against the images that a Dockerfile names.

    Not a rule's finding: no configuration and no comment switches a policy off.
    """
    if not limits.limits_registries:
        return []
    reasons: list[str] = []
    for reference in dockerfile.references:
        if not (reference.is_image or reference.undefined):
            continue
        line = dockerfile.text.position(reference.span.start).line
        place = f"{dockerfile.path}:{line}: policy base_image"
        if reference.undefined:
            reasons.append(f"{place}: {reference.raw} depends on an ARG without a value")
        elif matches_any(reference, limits.blocked_registries):
            reasons.append(f"{place}.blocked_registries: {reference.name} comes from one")
        elif limits.allowed_registries and not matches_any(reference, limits.allowed_registries):
            reasons.append(f"{place}.allowed_registries: {reference.name} comes from none of them")
    return reasons


def foreign_caches(images: Sequence[str], limits: Limits) -> list[str]:
    """What the limits on registries say against images that the build takes cached layers from."""
    if not limits.limits_registries:
        return []
    reasons: list[str] = []
    for name in images:
        reference = Reference("cache", name, name, Span(0, 0))
        if matches_any(reference, limits.blocked_registries) or (
            limits.allowed_registries and not matches_any(reference, limits.allowed_registries)
        ):
            reasons.append(f"policy base_image: --cache-from {name} is not allowed")
    return reasons


def _from_file(path: str) -> tuple[Config, Limits]:
    from dockgate.linter.configuration.config_file import NEVER, ConfigFile, read_file, validate
    from dockgate.linter.configuration.strict_yaml import load

    read = read_file(path)
    document = load(path)
    fail_on = validate(ConfigFile, document).fail_on
    if fail_on == NEVER:
        place = document.where(("fail_on",))
        raise UsageError(f"{place}: fail_on: a policy that never refuses is none: name a severity")
    final = Config(
        selection=read.selection,
        settings=read.settings,
        fail_on=read.fail_on,
        policy=read.policy,
        inline_ignores=False,
        overrides=read.overrides,
        path=read.path,
        notes=read.notes,
    )
    return final, limits(read.policy, Severity.parse(fail_on) if fail_on else Severity.ERROR)
