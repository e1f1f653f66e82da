"""STOPSIGNAL with something that is no signal."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.signals import HIGHEST, is_signal


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the word when the engine knows no such signal; unknown variables are left."""
    for instruction in dockerfile.find("STOPSIGNAL"):
        if len(instruction.words) != 1 or (instruction.stage and instruction.stage.windows):
            continue
        word, value = instruction.words[0], instruction.values[0]
        if "$" in value or not value or is_signal(value):
            continue
        yield Finding(
            f"STOPSIGNAL {value} is no signal",
            word.span,
            stage=instruction.stage,
            help=f"use a name such as SIGTERM or SIGQUIT, or a number from 1 to {HIGHEST}",
        )


RULE = Rule(
    "invalid-stopsignal",
    Dockerfile,
    Severity.ERROR,
    why=(
        "BuildKit refuses a name that it does not know, with 'invalid signal'. A number beyond 64 "
        "is built, and then fails where it matters: docker stop cannot send it, waits ten seconds "
        "and kills the process, so that requests are cut off and data that was not written yet is "
        "lost."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#stopsignal",
        "https://man7.org/linux/man-pages/man7/signal.7.html",
    ),
    aliases=("INVALID_SIGNAL",),
    examples=(
        bad("FROM debian:12\nSTOPSIGNAL SIGFOO\n", at=[2]),
        bad("FROM debian:12\nARG S=99\nSTOPSIGNAL ${S}\n", at=[3]),
        bad("FROM debian:12\nSTOPSIGNAL 0\n", at=[2]),
        good("FROM debian:12\nSTOPSIGNAL SIGRTMIN+3\n"),
        good("FROM debian:12\nSTOPSIGNAL quit\nSTOPSIGNAL 15\n"),
        good("FROM debian:12\nARG S\nSTOPSIGNAL $S\n"),
    ),
    needs=("STOPSIGNAL",),
    check=check,
)
