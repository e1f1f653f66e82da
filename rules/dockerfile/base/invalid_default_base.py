"""A base image that is none unless a build argument is given."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire where the defaults give no image's name, as BuildKit's InvalidDefaultArgInFrom."""
    for stage in dockerfile.stages:
        if stage.default_problem:
            yield Finding(
                f"without build arguments {stage.base.raw} is no image's name: "
                f"{stage.default_problem}",
                stage.base.span,
                stage=stage,
                help="give the ARG a default that builds",
            )


RULE = Rule(
    "invalid-default-base",
    Dockerfile,
    Severity.INFO,
    why=(
        "Nobody can build this file without knowing which --build-arg it wants; docker build, an "
        "editor's check and every tool that looks up the base for updates or known "
        "vulnerabilities stop at this line. A default in the ARG, even if the pipeline always "
        "overrides it, makes the file complete."
    ),
    references=("https://docs.docker.com/reference/build-checks/invalid-default-arg-in-from/",),
    aliases=("InvalidDefaultArgInFrom",),
    examples=(
        bad("ARG VERSION\nFROM debian:$VERSION\n", at=[2]),
        bad("ARG BASE\nFROM debian:12 AS a\nFROM ${BASE} AS b\n", at=[3]),
        good("ARG VERSION=12\nFROM debian:$VERSION\n"),
        good("ARG SUFFIX\nFROM debian:12${SUFFIX}\n"),
        good("ARG VERSION\nFROM debian:${VERSION:-12}\n"),
    ),
    check=check,
)
