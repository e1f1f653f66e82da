"""A stage with a name that the image does not need."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.stages import unused


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the name."""
    for stage in unused(dockerfile):
        if stage.name_word is not None:
            yield Finding(
                f"no other stage uses {stage.label}: it is built only with --target {stage.label}",
                stage.name_word.span,
                stage=stage,
                help="remove it where nobody builds it",
            )


RULE = Rule(
    "named-stage-unused",
    Dockerfile,
    Severity.INFO,
    why=(
        "A stage that the last one does not need is skipped by BuildKit, tests and checks in it "
        "included, and grows old unnoticed. The rule is off by default: such stages are mostly "
        "there for --target (test, dev, lint), or FROM chooses one of several by a build "
        "argument, and both look the same as one that was forgotten."
    ),
    references=(
        "https://docs.docker.com/build/building/multi-stage/#stop-at-a-specific-build-stage",
    ),
    aliases=("no-unreachable-stages",),
    enabled=False,
    examples=(
        bad("FROM golang:1.26 AS build\nRUN go build\nFROM debian:12\nCOPY app /app\n", at=[1]),
        bad("FROM a:1 AS x\nFROM x AS test\nFROM a:1\nCOPY --from=x /a /a\n", at=[2]),
        good("FROM a:1 AS x\nFROM b:1\nRUN --mount=type=bind,from=x,target=/x true\n"),
        good("FROM a:1 AS x\nFROM x AS y\nFROM y\n"),
        good("FROM a:1\nFROM b:1\n"),
    ),
    check=check,
)
