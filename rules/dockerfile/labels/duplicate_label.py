"""A label that is set twice in one stage."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.labels import Label, of_stage


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the key that a later label of the same stage makes void."""
    for stage in dockerfile.stages:
        last: dict[str, Label] = {}
        for label in of_stage(stage):
            if "$" in label.key_word.value:
                continue
            before = last.get(label.key)
            if before is not None:
                again = "the same value" if before.value == label.value else repr(label.value)
                yield Finding(
                    f"the label {label.key} is set again in line "
                    f"{dockerfile.text.position(label.key_word.span.start).line}, to {again}",
                    before.key_word.span,
                    stage=stage,
                    help="keep the one that is meant",
                )
            last[label.key] = label


RULE = Rule(
    "duplicate-label",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Of two labels with one key the last one counts. Whoever changes the first, a version or "
        "an address, sees no effect, and readers of the Dockerfile believe something else than "
        "the image says. Mostly one was left over by copying. To override what another stage or "
        "the base sets is fine."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#label",),
    aliases=("labels/no-duplicate-keys",),
    examples=(
        bad("FROM debian:12\nLABEL version=1\nRUN true\nLABEL version=2\n", at=[2]),
        bad('FROM debian:12\nLABEL a=1 \\\n  b=2 \\\n  "a"=1\n', at=[2]),
        good("FROM debian:12 AS b\nLABEL version=1\nFROM b\nLABEL version=2\n"),
        good("FROM debian:12\nLABEL version=1 Version=2 version.x=3\n"),
        good("FROM debian:12\nARG K\nLABEL $K.a=1 $K.a=2\n"),
    ),
    needs=("LABEL",),
    check=check,
)
