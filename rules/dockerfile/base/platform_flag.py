"""`FROM --platform`, at all."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each --platform but those that name the building machine's."""
    for stage in dockerfile.stages:
        flag = stage.from_.flag("platform")
        if flag is not None and "BUILD" not in (flag.value or ""):
            yield Finding(
                f"{flag.text} decides in the file what docker build --platform is for",
                flag.span,
                stage=stage,
                help="leave it to docker build --platform",
            )


RULE = Rule(
    "platform-flag",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "Some hold that the platform is the builder's choice alone, so that one file serves all "
        "of them. Off by default: --platform=$BUILDPLATFORM is how compilers run natively, and "
        "what is really wrong with a fixed platform is said by constant-platform, what is "
        "superfluous by redundant-target-platform. $BUILDPLATFORM and its parts pass here, too."
    ),
    references=(
        "https://docs.docker.com/build/building/multi-platform/",
        "https://docs.docker.com/reference/dockerfile/#from",
    ),
    aliases=("DL3029", "using_platform_with_from", "avoid-platform-with-from", "DF061"),
    examples=(
        bad("FROM --platform=linux/amd64 debian:12\n", at=[1]),
        bad("FROM debian:12 AS a\nFROM --platform=$TARGETPLATFORM debian:12\n", at=[2]),
        good("FROM --platform=$BUILDPLATFORM golang:1.23\n"),
        good("FROM --platform=${BUILDOS}/${BUILDARCH} golang:1.23\n"),
        good("FROM debian:12\n"),
    ),
    check=check,
)
