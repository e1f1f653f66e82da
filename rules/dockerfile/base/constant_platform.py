"""`FROM --platform=` with a fixed platform."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire unless the stage's name has the system or the processor in it, as BuildKit does."""
    for stage in dockerfile.stages:
        flag = stage.from_.flag("platform")
        if flag is None or not stage.system or "$" in flag.text:
            continue
        name = stage.name or ""
        if stage.system not in name and stage.architecture not in name:
            yield Finding(
                f"this stage is always for {stage.platform}, whatever is built for",
                flag.span,
                stage=stage,
                help="take the platform from docker build --platform, or use $BUILDPLATFORM; "
                "where only one is meant, put it into the stage's name",
            )


RULE = Rule(
    "constant-platform",
    Dockerfile,
    Severity.INFO,
    why=(
        "A fixed platform makes the image what it says on every machine: a multi-platform build "
        "puts amd64 programs into an image labelled arm64, and on an arm64 laptop everything runs "
        "emulated, slowly. Where a stage is for one platform on purpose, its name should say so "
        "(AS build-amd64); then this check is silent, like BuildKit's."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/from-platform-flag-const-disallowed/",
        "https://docs.docker.com/build/building/multi-platform/",
    ),
    aliases=("FromPlatformFlagConstDisallowed",),
    examples=(
        bad("FROM --platform=linux/amd64 debian:12\n", at=[1]),
        bad("FROM debian:12 AS a\nFROM --platform=x86_64 debian:12 AS x86_64-tools\n", at=[2]),
        good("FROM --platform=$BUILDPLATFORM golang:1.23\n"),
        good("FROM --platform=${PLATFORM:-linux/arm64} debian:12\n"),
        good("FROM --platform=linux/arm64/v8 debian:12 AS build-arm64\n"),
        good("ARG P=linux/amd64\nFROM --platform=$P debian:12\n"),
        good("FROM --platform=linux/amd64 debian:12 AS linux\n"),
    ),
    needs=("--platform",),
    check=check,
)
