"""STOPSIGNAL in a Windows container."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each STOPSIGNAL of a stage that is Windows as far as text can tell."""
    for stage in dockerfile.stages:
        if stage.windows:
            for instruction in stage.find("STOPSIGNAL"):
                yield Finding(
                    "STOPSIGNAL does nothing in a Windows container",
                    instruction.keyword,
                    stage=stage,
                    help="handle CTRL_SHUTDOWN_EVENT in the program",
                )


RULE = Rule(
    "windows-stop-signal",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Windows has no POSIX signals. The engine asks the container to shut down in Windows' own "
        "way and ends it after the time-out, whatever STOPSIGNAL says. Who relies on the signal "
        "to save data at the end loses it."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#stopsignal",),
    aliases=("windows/no-stopsignal",),
    examples=(
        bad("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nSTOPSIGNAL SIGTERM\n", at=[2]),
        bad(
            "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022 AS a\nFROM a\nSTOPSIGNAL 9\n",
            at=[3],
        ),
        good("FROM debian:12\nSTOPSIGNAL SIGTERM\n"),
        good("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN echo STOPSIGNAL\n"),
    ),
    needs=("a Windows stage",),
    check=check,
)
