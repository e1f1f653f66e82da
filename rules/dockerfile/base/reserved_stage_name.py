"""A stage called `scratch` or `context`."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

RESERVED = frozenset({"scratch", "context"})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each stage with a name that means something else already, case ignored."""
    for stage in dockerfile.stages:
        if stage.name in RESERVED and stage.name_word is not None:
            yield Finding(
                f"{stage.name_word.value} is a reserved name: the stage may not be the one meant",
                stage.name_word.span,
                stage=stage,
                help="call the stage by what it makes",
            )


RULE = Rule(
    "reserved-stage-name",
    Dockerfile,
    Severity.WARNING,
    why=(
        "`scratch` is the empty image and `context` the build context. A stage of that name is "
        "found by COPY --from and hides what the word means everywhere else, so that the next "
        "person who writes FROM scratch gets a base with files, or an error."
    ),
    references=("https://docs.docker.com/reference/build-checks/reserved-stage-name/",),
    aliases=("DL3063", "ReservedStageName"),
    examples=(
        bad("FROM debian:12 AS scratch\n", at=[1]),
        bad("FROM debian:12 AS b\nFROM debian:12 AS Context\n", at=[2]),
        good("FROM scratch\nCOPY a /a\n"),
        good("FROM scratch AS scratch-rootfs\nFROM debian:12 AS build-context\n"),
    ),
    needs=("a named stage",),
    check=check,
)
