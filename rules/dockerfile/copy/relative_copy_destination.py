"""COPY to a relative path where no WORKDIR says relative to what."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.users import base_of

_WINDOWS = pattern(r"[A-Za-z]:|[\\/]")


def _relative(target: str, *, windows: bool) -> bool:
    if not target or target.startswith("$"):
        return False
    return not (_WINDOWS.match(target) if windows else target.startswith("/"))


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire once a stage, at the first such COPY before any WORKDIR, those of ancestors counted.

    An empty base starts in `/` for ever, so there it is silent.
    """
    settled: set[int] = set()
    for stage in dockerfile.stages:
        base = base_of(stage)
        if base.name == "scratch" or (stage.parent and stage.parent.index in settled):
            settled.add(stage.index)
            continue
        for instruction in stage.instructions:
            if instruction.cmd == "WORKDIR":
                settled.add(stage.index)
                break
            if instruction.cmd != "COPY" or len(instruction.values) < 2:
                continue
            target = instruction.words[-1]
            unknown = target.value.lstrip("\"'").startswith("$") and not instruction.values[-1]
            if not unknown and _relative(instruction.values[-1], windows=stage.windows):
                yield Finding(
                    f"{target.value} is relative to the working directory of {base.name}, "
                    "which no WORKDIR here sets",
                    target.span,
                    stage=stage,
                    help="set WORKDIR first, or write the whole path",
                )
                break


RULE = Rule(
    "relative-copy-destination",
    Dockerfile,
    Severity.INFO,
    why=(
        "The destination is taken from the directory in which the base image left off. When the "
        "base sets or changes its own (node has none, golang has /go), the files land somewhere "
        "else, and CMD does not find them. One WORKDIR before says where. For an empty base "
        "(scratch) the directory is / for ever, so that dockgate is silent there; other linters "
        "are not. Each stage is told once: its first WORKDIR settles all that follows."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#workdir",
        "https://docs.docker.com/reference/dockerfile/#copy",
    ),
    aliases=("DL3045", "DF063"),
    examples=(
        bad("FROM node:22\nCOPY app.js .\nCOPY b.js ./\n", at=[2]),
        bad("FROM debian:12 AS a\nCOPY a b\nFROM a\nCOPY a b\n", at=[2, 4]),
        good("FROM node:22\nWORKDIR /app\nCOPY app.js .\n"),
        good("FROM node:22 AS a\nWORKDIR /app\nFROM a\nCOPY app.js .\n"),
        good("FROM scratch\nCOPY app .\n"),
        good("ARG D\nFROM node:22\nARG D\nCOPY app.js $D\nCOPY b.js /b.js\n"),
        good("FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nCOPY a c:\\\\a\n"),
    ),
    needs=("COPY",),
    check=check,
)
