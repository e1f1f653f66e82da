"""The labels of one LABEL are in no order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.labels import of_instruction


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first key that sorts before the one in front of it."""
    for instruction in dockerfile.find("LABEL"):
        for before, label in pairwise(of_instruction(instruction)):
            if label.key < before.key:
                yield Finding(
                    f"the label {label.key} stands behind {before.key}",
                    label.key_word.span,
                    stage=instruction.stage,
                    help="sort the keys",
                )
                break


RULE = Rule(
    "labels-not-sorted",
    Dockerfile,
    Severity.STYLE,
    why=(
        "Sorted keys show at a glance whether one is there or stands twice, and two people who "
        "add labels do not meet in one line. The rule is off by default as a matter of taste: "
        "many order labels by meaning, the title first."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#label",),
    aliases=("labels/prefer-stable-order",),
    enabled=False,
    examples=(
        bad("FROM debian:12\nLABEL b=1 a=2\n", at=[2]),
        bad("FROM debian:12\nLABEL a=1 \\\n  c=2 \\\n  b=3\n", at=[4]),
        good("FROM debian:12\nLABEL a=1 b=2\nLABEL a=1\n"),
        good("FROM debian:12\nLABEL a.a=1 a.b=2 b=3\n"),
    ),
    check=check,
)
