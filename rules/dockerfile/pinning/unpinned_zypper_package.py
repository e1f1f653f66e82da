"""System packages of zypper without a version."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.pinning._unpinned import unpinned
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def _pinned(operand: str) -> bool:
    return operand.endswith(".rpm") or operand[:1] in "-!" or any(c in operand for c in "=<>")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first unpinned package of each installation."""
    return unpinned(dockerfile, ("zypper",), _pinned, "name the version: {}=VERSION")


RULE = Rule(
    "unpinned-zypper-package",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "zypper takes the newest version that the repositories hold, so two "
        "builds of one commit differ. "
        "Off by default: distributions delete old versions from their mirrors, so that a pin "
        "makes the next build fail as soon as there is a security fix, and holds the fix back "
        "until somebody edits the line. The base image's digest and a snapshot of the mirror "
        "settle all packages at once, and dependencies too. Switch this on where builds must "
        "name what they install and the mirror keeps it."
    ),
    references=(
        "https://man.archlinux.org/man/zypper.8.en",
        "CWE-1357",
    ),
    aliases=("DL3037", "zypper_install_without_version"),
    examples=(
        bad("FROM opensuse/leap:15\nRUN zypper install -y httpd && zypper clean\n", at=[2]),
        bad("FROM opensuse/leap:15\nRUN zypper ref && \\\n  zypper -n in a=1 b\n", at=[3]),
        good("FROM opensuse/leap:15\nRUN zypper install -y httpd=2.4.46 'a>=1' ./b.rpm\n"),
        good("FROM opensuse/leap:15\nRUN zypper -n rm httpd && zypper -n in $PACKAGES\n"),
    ),
    check=check,
)
