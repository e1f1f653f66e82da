"""What a user may tell the rules: plain values with the defaults, filled from the configuration."""

from __future__ import annotations

from collections.abc import Mapping

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any


class Settings:
    """The settings that rules read; every subject carries one. Sizes are in bytes."""

    __slots__ = (
        "allowed_registries",
        "blocked_registries",
        "clamav",
        "end_of_life",
        "label_schema",
        "max_layers",
        "max_size",
        "nonroot_bases",
        "require_reason",
        "required_labels",
        "secret_allow",
        "secret_files",
        "secret_names",
        "secret_salt",
        "strict_labels",
        "today",
        "trusted_registries",
        "yara_rules",
    )

    def __init__(
        self,
        *,
        trusted_registries: tuple[str, ...] = (),
        allowed_registries: tuple[str, ...] = (),
        blocked_registries: tuple[str, ...] = (),
        required_labels: tuple[str, ...] = (),
        secret_names: tuple[str, ...] = (),
        secret_files: tuple[str, ...] = (),
        secret_salt: str = "",
        secret_allow: tuple[str, ...] = (),
        max_size: int | None = None,
        max_layers: int | None = None,
        label_schema: Mapping[str, str] | None = None,
        strict_labels: bool = False,
        end_of_life: Mapping[str, str] | None = None,
        today: str = "",
        nonroot_bases: tuple[str, ...] = (),
        require_reason: bool = False,
        yara_rules: str = "",
        clamav: str = "auto",
    ) -> None:
        self.trusted_registries = trusted_registries  #: empty: every registry is trusted
        self.allowed_registries = allowed_registries  #: the policy's; empty: all but the blocked
        self.blocked_registries = blocked_registries
        self.required_labels = required_labels
        self.secret_names = secret_names  #: further variable names that mean a secret
        #: globs of further files that hold one: the end of a path; `*` is anything but `/`
        self.secret_files = secret_files
        #: values that are no secrets, as salted hashes, and what they were salted with
        self.secret_allow = secret_allow
        self.secret_salt = secret_salt
        self.max_size = max_size  #: None: the rules' own default
        self.max_layers = max_layers
        #: labels that an image is to have, each with the format of its value (subjects/labels.py)
        self.label_schema: Mapping[str, str] = label_schema or {}
        self.strict_labels = strict_labels  #: labels beside those of the schema are findings
        #: further ends of support, `image:branch` -> YYYY-MM-DD; they go before the known ones
        self.end_of_life: Mapping[str, str] = end_of_life or {}
        self.today = today  #: YYYY-MM-DD; "": the clock's, in UTC
        self.nonroot_bases = nonroot_bases  #: further images whose own user is not root
        self.require_reason = require_reason  #: a comment that gives no reason ignores nothing
        self.clamav = clamav  #: "auto": where its daemon runs; "on": it must answer; "off"
        self.yara_rules = yara_rules  #: a folder of further rules of YARA; "": none

    def changed(self, **changes: Any) -> Settings:
        """A copy with other values for some of the constructor's arguments."""
        return Settings(**{name: getattr(self, name) for name in self.__slots__} | changes)


DEFAULT_SETTINGS = Settings()
