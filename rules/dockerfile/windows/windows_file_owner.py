"""--chown or --chmod in a Windows container."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each of the flags in a stage that is Windows as far as text can tell."""
    for stage in dockerfile.stages:
        if not stage.windows:
            continue
        for instruction in stage.find("COPY", "ADD"):
            for flag in instruction.flags:
                if flag.name in ("chown", "chmod"):
                    yield Finding(
                        f"--{flag.name} does nothing in a Windows container",
                        flag.span,
                        stage=stage,
                        help="set the rights with icacls in RUN",
                    )


RULE = Rule(
    "windows-file-owner",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Owners and modes are those of Linux file systems; Windows has access control lists, "
        "which the flags do not touch. The files belong to whom they would have belonged without "
        "the flag, so a service that runs as ContainerUser may read or change what was meant to "
        "be kept from it."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#copy---chown---chmod",),
    aliases=("windows/no-chown-flag",),
    examples=(
        bad("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nCOPY --chown=1 a /a\n", at=[2]),
        bad(
            "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022 AS a\nFROM a\n"
            "ADD --chmod=755 --chown=x a /a\n",
            at=[3, 3],
        ),
        good("FROM debian:12\nCOPY --chown=1 a /a\n"),
        good("FROM mcr.microsoft.com/windows/servercore:ltsc2022\nCOPY --from=x a /a\n"),
    ),
    needs=("a Windows stage",),
    check=check,
)
