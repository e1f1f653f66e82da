"""STOPSIGNAL with a signal that no program can catch."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.signals import canonical


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at SIGKILL and SIGSTOP in any spelling."""
    for instruction in dockerfile.find("STOPSIGNAL"):
        signal = canonical(instruction.values[0]) if len(instruction.words) == 1 else None
        if signal in ("SIGKILL", "SIGSTOP"):
            yield Finding(
                f"STOPSIGNAL {instruction.words[0].value} gives the program no chance to end well",
                instruction.words[0].span,
                stage=instruction.stage,
                help="use the signal on which the program shuts down, mostly SIGTERM",
                at_most=Severity.INFO if signal == "SIGKILL" else None,
            )


RULE = Rule(
    "ungraceful-stopsignal",
    Dockerfile,
    Severity.WARNING,
    why=(
        "SIGKILL ends a program on the spot: open requests are cut off, buffers are not written, "
        "locks and temporary files stay behind. SIGSTOP only freezes it, so that docker stop "
        "waits ten seconds for nothing and then kills. No program can catch either. A program "
        "that ignores SIGTERM mostly runs behind a shell that does not pass it on. "
        "SIGKILL is a hint only: whoever writes it mostly means it."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#stopsignal",
        "https://man7.org/linux/man-pages/man7/signal.7.html",
    ),
    aliases=("no-ungraceful-stopsignal",),
    examples=(
        bad("FROM debian:12\nSTOPSIGNAL SIGKILL\n", at=[2]),
        bad("FROM debian:12\nSTOPSIGNAL 9\nSTOPSIGNAL stop\n", at=[2, 3]),
        good("FROM debian:12\nSTOPSIGNAL SIGTERM\n"),
        good("FROM debian:12\nSTOPSIGNAL 2\n"),
        good("FROM debian:12\nSTOPSIGNAL ${S}\n"),
    ),
    needs=("STOPSIGNAL",),
    check=check,
)
