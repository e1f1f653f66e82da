"""An image from a registry that the configuration or policy does not trust."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.dockerfile import Dockerfile, Reference
from dockgate.rules.subjects.images import matches_any


def _fault(reference: Reference, settings: Settings) -> str:
    if matches_any(reference, settings.blocked_registries):
        return "is blocked"
    for what, patterns in (
        ("allowed", settings.allowed_registries),
        ("trusted", settings.trusted_registries),
    ):
        if patterns and not matches_any(reference, patterns):
            return f"is not among the {what} ones ({', '.join(patterns)})"
    return ""


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire for every image whose place is blocked, or outside a list where there is one."""
    for reference in dockerfile.references:
        if reference.is_image and not reference.undefined:
            fault = _fault(reference, dockerfile.settings)
            if fault:
                place = f"{reference.registry}/{reference.repository}"
                yield Finding(
                    f"{reference.name} comes from {place}, which {fault}",
                    reference.span,
                    stage=reference.instruction.stage if reference.instruction else None,
                )


RULE = Rule(
    "untrusted-registry",
    Dockerfile,
    Severity.ERROR,
    why=(
        "Whoever controls a base image controls everything built on it. An organisation that "
        "scans and signs what it keeps in its own registry loses that the moment one Dockerfile "
        "pulls from elsewhere, and look-alike names on public registries are a known way to "
        "bring in miners and backdoors. The rule speaks only where registries are configured: "
        "trusted_registries, or the policy's allowed and blocked ones, with * as in "
        "*.example.com or ghcr.io/org/*. A blocked one stays blocked whatever else is allowed."
    ),
    references=(
        "https://docs.docker.com/docker-hub/image-library/trusted-content/",
        "CIS Docker 1.6 4.2",
        "CWE-829",
    ),
    aliases=("DL3026", "CIS-DI-0002", "DF065"),
    examples=(
        bad("FROM debian:12\n", at=[1], trusted_registries=("registry.example.com",)),
        bad("FROM evil.example.net/x:1\n", at=[1], blocked_registries=("*.example.net",)),
        bad(
            "FROM index.docker.io/library/debian:12\n",
            at=[1],
            allowed_registries=("docker.io",),
            blocked_registries=("docker.io/library/debian",),
        ),
        bad(
            "FROM ghcr.io/org/a:1\nCOPY --from=ghcr.io/other/b:1 /b /b\n",
            at=[2],
            trusted_registries=("ghcr.io/org/*",),
        ),
        bad("FROM ghcr.io/organised/a:1\n", at=[1], trusted_registries=("ghcr.io/org",)),
        good("FROM anything.example.org/x:1\n"),
        good("FROM debian:12\n", trusted_registries=("index.docker.io",)),
        good("FROM a.b.example.com/x:1\n", trusted_registries=("*.example.com",)),
        good("FROM r.example.com:5000/x:1\n", allowed_registries=("r.example.com:5000",)),
        good(
            "FROM debian:12 AS base\nFROM base\nCOPY --from=base /a /a\n",
            trusted_registries=("docker.io/library",),
        ),
    ),
    check=check,
)
