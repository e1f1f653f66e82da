"""STOPSIGNAL written otherwise than `SIGTERM`."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.signals import SAME_EVERYWHERE, canonical, is_signal


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the word; the fix of a number is safe where all architectures agree on it."""
    for instruction in dockerfile.find("STOPSIGNAL"):
        value = instruction.values[0] if len(instruction.values) == 1 else ""
        if not is_signal(value) or "$" in instruction.words[0].value or canonical(value) == value:
            continue
        word, name = instruction.words[0], canonical(value)
        safe = not value.isdecimal() or int(value) in SAME_EVERYWHERE
        exact = dockerfile.text[word.span] == value
        fix = Fix(f"write {name}", (Edit(word.span, name),), safe=safe)
        yield Finding(
            f"STOPSIGNAL {value} is {name}",
            word.span,
            stage=instruction.stage,
            fixes=(fix,) if exact else (),
        )


RULE = Rule(
    "noncanonical-stopsignal",
    Dockerfile,
    Severity.STYLE,
    why=(
        "SIGTERM says what it is; 15 and term must be looked up, a search for SIGTERM does not "
        "find them, and beyond the first fifteen a number is another signal on another "
        "architecture: 10 is SIGUSR1 on x86 and Arm, SIGBUS on MIPS. There the fix is unsafe."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#stopsignal",
        "https://man7.org/linux/man-pages/man7/signal.7.html",
    ),
    aliases=("prefer-canonical-stopsignal",),
    examples=(
        bad(
            "FROM debian:12\nSTOPSIGNAL 15\n", at=[2], fixed="FROM debian:12\nSTOPSIGNAL SIGTERM\n"
        ),
        bad(
            "FROM debian:12\nstopsignal \\\n  quit\n",
            at=[3],
            fixed="FROM debian:12\nstopsignal \\\n  SIGQUIT\n",
        ),
        bad(
            "FROM debian:12\nSTOPSIGNAL sigrtmin+3\n",
            at=[2],
            fixed="FROM debian:12\nSTOPSIGNAL SIGRTMIN+3\n",
        ),
        good("FROM debian:12\nSTOPSIGNAL SIGTERM\n"),
        good("FROM debian:12\nARG S=15\nSTOPSIGNAL $S\n"),
        good("FROM debian:12\nSTOPSIGNAL 40\n"),
    ),
    needs=("STOPSIGNAL",),
    check=check,
)
