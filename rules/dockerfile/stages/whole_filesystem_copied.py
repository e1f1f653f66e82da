"""The whole file system of another stage or image is copied."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Stage
from dockgate.rules.subjects.users import base_of

_WHOLE = ("/", "/.", "/*")


def _is_system(stage: Stage) -> bool:
    """Whether the stage is a system in which something was run, not a parcel of files."""
    return base_of(stage).name != "scratch" and any(i.cmd == "RUN" for i in stage.history())


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at COPY --from of / to / from a stage that ran something, over a base with files."""
    for reference in dockerfile.references:
        source, instruction = reference.stage, reference.instruction
        if source is None or instruction is None or reference.kind != "copy":
            continue
        stage = instruction.stage
        if stage is None or base_of(stage).name == "scratch" or instruction.flag("exclude"):
            continue
        if instruction.values[-1:] not in (["/"], ["/."]):
            continue
        for word, value in zip(instruction.words[:-1], instruction.values, strict=False):
            if value in _WHOLE and _is_system(source):
                yield Finding(
                    f"COPY brings the whole file system of stage {source.label} over the base",
                    word.span,
                    stage=stage,
                    help="name the files and folders that the image needs",
                )


RULE = Rule(
    "whole-filesystem-copied",
    Dockerfile,
    Severity.WARNING,
    why=(
        "COPY --from=build / / brings all that the build left behind: compilers, package caches, "
        "sources, and secrets that a multi-stage build was to keep out. Over a base that has "
        "files of its own it also mixes two systems: the package database is the one's, half of "
        "the programs the other's, and scanners look for holes in the wrong versions. Copying "
        "into an empty stage (FROM scratch), which makes one layer of many, is left in peace; so "
        "are images and stages that are mere parcels of files, such as tonistiigi/xx."
    ),
    references=(
        "https://docs.docker.com/build/building/multi-stage/",
        "CIS Docker 1.6 4.3",
    ),
    aliases=("DL3067",),
    examples=(
        bad("FROM debian:12 AS b\nRUN make\nFROM debian:12\nCOPY --from=b / /\n", at=[4]),
        bad(
            "FROM debian:12 AS a\nRUN true\nFROM a AS b\nFROM debian:12\n"
            'COPY --chown=1 --from=b ["/*", "/"]\n',
            at=[5],
        ),
        good("FROM debian:12 AS build\nRUN make\nFROM scratch\nCOPY --from=build / /\n"),
        good("FROM debian:12 AS build\nRUN make\nFROM debian:12\nCOPY --from=build /out/ /\n"),
        good("FROM debian:12 AS b\nRUN a\nFROM debian:12\nCOPY --from=b / /rootfs/\n"),
        good("FROM tonistiigi/xx:1.6 AS xx\nFROM golang:1.26\nCOPY --from=xx / /\n"),
        good("FROM debian:12\nCOPY / /\n"),
    ),
    needs=("several stages",),
    check=check,
)
