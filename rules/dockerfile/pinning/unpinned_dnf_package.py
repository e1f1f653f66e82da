"""System packages of dnf or microdnf without a version."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.pinning._unpinned import is_rpm_pinned, unpinned
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def _pinned(operand: str) -> bool:
    return is_rpm_pinned(operand)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first unpinned package of each installation."""
    return unpinned(
        dockerfile, ("dnf", "microdnf", "tdnf"), _pinned, "name the version: {}-VERSION"
    )


RULE = Rule(
    "unpinned-dnf-package",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "dnf takes the newest version that the repositories hold, so two "
        "builds of one commit differ. "
        "Off by default: distributions delete old versions from their mirrors, so that a pin "
        "makes the next build fail as soon as there is a security fix, and holds the fix back "
        "until somebody edits the line. The base image's digest and a snapshot of the mirror "
        "settle all packages at once, and dependencies too. Switch this on where builds must "
        "name what they install and the mirror keeps it."
    ),
    references=(
        "https://dnf.readthedocs.io/en/latest/command_ref.html#specifying-packages",
        "CWE-1357",
    ),
    aliases=("DL3041", "missing_version_specification_in_dnf_install"),
    examples=(
        bad("FROM fedora:41\nRUN dnf install -y httpd && dnf clean all\n", at=[2]),
        bad("FROM fedora:41\nRUN microdnf install \\\n  a-1.0 \\\n  java-21-openjdk\n", at=[4]),
        good("FROM fedora:41\nRUN dnf install -y httpd-2.4.62-1.fc41 @development-tools ./a.rpm\n"),
        good("FROM fedora:41\nRUN dnf install -y python3-3.12* && dnf module enable nodejs:20\n"),
        good("FROM fedora:41\nRUN dnf -y upgrade && dnf remove -y httpd\n"),
    ),
    check=check,
)
