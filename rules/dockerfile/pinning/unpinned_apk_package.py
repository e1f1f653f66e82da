"""System packages of apk without a version."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.pinning._unpinned import unpinned
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def _pinned(operand: str) -> bool:
    return any(sign in operand for sign in "=~<>") or operand.endswith(".apk") or operand[:1] == "!"


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first unpinned package of each installation."""
    return unpinned(dockerfile, ("apk",), _pinned, "name the version: {}=VERSION, or {}~=PREFIX")


RULE = Rule(
    "unpinned-apk-package",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "apk takes the newest version that the index holds, so two builds of one commit differ. "
        "Off by default: distributions delete old versions from their mirrors, so that a pin "
        "makes the next build fail as soon as there is a security fix, and holds the fix back "
        "until somebody edits the line. The base image's digest and a snapshot of the mirror "
        "settle all packages at once, and dependencies too. Switch this on where builds must "
        "name what they install and the mirror keeps it."
    ),
    references=(
        "https://wiki.alpinelinux.org/wiki/Alpine_Package_Keeper#Holding_a_specific_package_back",
        "CWE-1357",
    ),
    aliases=("DL3018", "unpinned_package_version_in_apk_add", "DF052"),
    examples=(
        bad("FROM alpine:3.20\nRUN apk add --no-cache curl git=2.45.2-r0\n", at=[2]),
        bad("FROM alpine:3.20\nRUN apk add --virtual .d a=1 && \\\n  apk add tea\n", at=[3]),
        good("FROM alpine:3.20\nRUN apk --no-cache add 'curl~=8.9' 'git>2' ./x.apk\n"),
        good("FROM alpine:3.20\nRUN apk add --virtual .build-deps $PHPIZE_DEPS\n"),
        good("FROM alpine:3.20\nRUN apk del curl && apk info git\n"),
    ),
    check=check,
)
