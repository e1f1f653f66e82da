"""Several LABEL instructions where one would do."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each LABEL that follows another one directly."""
    for stage in dockerfile.stages:
        before = ""
        for instruction in stage.instructions:
            if instruction.cmd == "LABEL" and before == "LABEL":
                yield Finding(
                    "this LABEL follows another one",
                    instruction.keyword,
                    stage=stage,
                    help="set all labels in one LABEL",
                )
            before = instruction.cmd


RULE = Rule(
    "labels-not-grouped",
    Dockerfile,
    Severity.STYLE,
    why=(
        "Labels in one instruction are read and sorted at a glance. The rule is off by default: "
        "before Docker 1.10 each LABEL made a layer, today none does, and one line a label makes "
        "for smaller diffs and room for comments."
    ),
    references=("https://docs.docker.com/build/building/best-practices/#label",),
    aliases=("labels/prefer-grouped",),
    enabled=False,
    examples=(
        bad("FROM debian:12\nLABEL a=1\nLABEL b=2\nLABEL c=3\n", at=[3, 4]),
        bad("FROM debian:12\nLABEL a=1\n# why\nlabel b=2\n", at=[4]),
        good("FROM debian:12\nLABEL a=1 \\\n  b=2\n"),
        good("FROM debian:12\nLABEL a=1\nRUN true\nLABEL b=2\nFROM debian:12\nLABEL c=3\n"),
    ),
    check=check,
)
