"""What a container starts with does not stand at the end, or not in the usual order."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

ORDER = ("STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first of these instructions, in the final stage, that another should precede."""
    stage = dockerfile.final
    if stage is None:
        return
    behind = ""
    least = len(ORDER)
    misplaced = None
    for instruction in reversed(stage.instructions):
        if instruction.cmd in ORDER:
            place = ORDER.index(instruction.cmd)
            if place > least:
                misplaced = instruction, behind
            least = min(least, place)
        else:
            least = -1
        behind = instruction.cmd
    if misplaced is not None:
        instruction, behind = misplaced
        yield Finding(
            f"{instruction.cmd} stands before {behind}",
            instruction.keyword,
            stage=stage,
            help=f"end the stage with {', '.join(ORDER)}, in this order",
        )


RULE = Rule(
    "epilogue-order",
    Dockerfile,
    Severity.STYLE,
    why=(
        "STOPSIGNAL, HEALTHCHECK, ENTRYPOINT and CMD say how the container lives; at the end of "
        "the file, in one order, everybody finds them, and a CMD above the last ENTRYPOINT, which "
        "resets it, does not happen. The rule is off by default as a matter of taste: all of them "
        "work wherever they stand."
    ),
    references=("https://docs.docker.com/reference/dockerfile/",),
    aliases=("epilogue-order",),
    enabled=False,
    examples=(
        bad('FROM debian:12\nCMD ["a"]\nENTRYPOINT ["b"]\n', at=[2]),
        bad('FROM debian:12\nCMD ["a"]\nRUN true\n', at=[2]),
        bad("FROM debian:12\nENTRYPOINT a\nHEALTHCHECK NONE\nCMD b\n", at=[2]),
        good("FROM debian:12\nRUN a\nSTOPSIGNAL SIGINT\nHEALTHCHECK NONE\nENTRYPOINT a\nCMD b\n"),
        good("FROM debian:12 AS b\nCMD a\nRUN b\nFROM debian:12\nRUN true\n"),
    ),
    check=check,
)
