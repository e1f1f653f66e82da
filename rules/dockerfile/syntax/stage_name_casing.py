"""A stage's name in upper case."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each name that is not all in lower case."""
    for instruction in dockerfile.find("FROM"):
        words = instruction.words
        if len(words) != 3 or words[2].value == words[2].value.lower():
            continue
        lower = words[2].value.lower()
        plain = dockerfile.text[words[2].span] == words[2].value
        yield Finding(
            f"the stage is called {words[2].value}, which BuildKit keeps as {lower}",
            words[2].span,
            stage=instruction.stage,
            fixes=(Fix(f"call it {lower}", (Edit(words[2].span, lower),)),) if plain else (),
        )


RULE = Rule(
    "stage-name-casing",
    Dockerfile,
    Severity.STYLE,
    why=(
        "BuildKit keeps names of stages in lower case and compares them without regard to it, so "
        "that `Build` and `build` are one stage. Whoever believes that there are two gets the "
        "files of the wrong one, and progress output shows a name that is nowhere in the file."
    ),
    references=("https://docs.docker.com/reference/build-checks/stage-name-casing/",),
    aliases=("StageNameCasing",),
    examples=(
        bad("FROM debian:12 AS BuildBase\n", at=[1], fixed="FROM debian:12 AS buildbase\n"),
        bad(
            "FROM debian:12 AS b\nFROM debian:12 AS B2\n",
            at=[2],
            fixed="FROM debian:12 AS b\nFROM debian:12 AS b2\n",
        ),
        good("FROM debian:12 AS build-base_1.0\n"),
        good("FROM ghcr.io/o/x:V1\n"),
    ),
    needs=("a named stage",),
    check=check,
)
