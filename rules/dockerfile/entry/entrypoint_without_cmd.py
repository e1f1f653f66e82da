"""ENTRYPOINT without a CMD that gives it arguments."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.processes import last


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the ENTRYPOINT in force, in exec form."""
    stage = dockerfile.final
    instruction = last(stage, "ENTRYPOINT") if stage is not None else None
    if stage is None or instruction is None or not instruction.json or last(stage, "CMD"):
        return
    yield Finding(
        "ENTRYPOINT has no CMD beside it that gives its default arguments",
        instruction.keyword,
        stage=instruction.stage,
        help="put the arguments that users may change into a CMD",
    )


RULE = Rule(
    "entrypoint-without-cmd",
    Dockerfile,
    Severity.STYLE,
    why=(
        "With the program in ENTRYPOINT and its default arguments in CMD, docker run IMAGE "
        "ARGUMENTS replaces the arguments alone. The rule is off by default: a program that needs "
        "no arguments needs no CMD, and an ENTRYPOINT of an own stage resets the base's CMD by "
        "itself."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact",
    ),
    aliases=("DF036",),
    enabled=False,
    examples=(
        bad('FROM debian:12\nENTRYPOINT ["/app", "--port", "80"]\n', at=[2]),
        bad('FROM debian:12 AS b\nENTRYPOINT ["/app"]\nFROM b\nRUN true\n', at=[2]),
        good('FROM debian:12\nENTRYPOINT ["/app"]\nCMD ["--help"]\n'),
        good('FROM debian:12\nCMD ["/app"]\n'),
        good("FROM debian:12\nENTRYPOINT /app\n"),
    ),
    check=check,
)
