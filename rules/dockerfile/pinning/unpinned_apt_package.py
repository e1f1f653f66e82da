"""System packages of apt without a version."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.pinning._unpinned import unpinned
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def _pinned(operand: str) -> bool:
    return "=" in operand or "/" in operand or operand.endswith((".deb", "-", "*"))


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first unpinned package of each installation."""
    return unpinned(dockerfile, ("apt",), _pinned, "name the version: {}=VERSION")


RULE = Rule(
    "unpinned-apt-package",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "apt-get takes the newest version that the package lists hold, so two "
        "builds of one commit differ. "
        "Off by default: distributions delete old versions from their mirrors, so that a pin "
        "makes the next build fail as soon as there is a security fix, and holds the fix back "
        "until somebody edits the line. The base image's digest and a snapshot of the mirror "
        "settle all packages at once, and dependencies too. Switch this on where builds must "
        "name what they install and the mirror keeps it."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#apt-get",
        "https://snapshot.debian.org/",
        "CWE-1357",
    ),
    aliases=("DL3008", "apt_get_install_pin_version_not_defined", "DF005"),
    examples=(
        bad("FROM debian:12\nRUN apt-get install -y curl=8 git\n", at=[2]),
        bad("FROM debian:12\nRUN apt-get update && \\\n  apt-get install -y \\\n    git\n", at=[4]),
        bad('FROM debian:12\nRUN ["apt-get", "install", "curl"]\n', at=[2]),
        good("FROM debian:12\nRUN apt-get install -y curl=7.88.1-10 git/bookworm ./a.deb\n"),
        good("FROM debian:12\nRUN apt-get install -y -t sid && apt-get install -y $PACKAGES\n"),
        good("FROM debian:12\nRUN apt-get remove curl && apt-get update && echo install x\n"),
    ),
    check=check,
)
