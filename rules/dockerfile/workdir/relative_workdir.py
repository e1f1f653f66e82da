"""A WORKDIR that depends on where the base image left off."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.data import load
from dockgate.rules.dockerfile.workdir._first import relative
from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Stage
from dockgate.rules.subjects.images import matches_any
from dockgate.rules.subjects.text import Span
from dockgate.rules.subjects.users import base_of


def _fix(stage: Stage, instruction: Instruction) -> tuple[Fix, ...]:
    """Absolute, where the base is known to start in `/`."""
    base = base_of(stage)
    if base.name != "scratch" and not matches_any(base, load("root-workdir-bases")["images"]):
        return ()
    if instruction.values[0].startswith("."):
        return ()
    at = instruction.words[0].span.start
    return (Fix("start at the root, where the base is", (Edit(Span(at, at), "/"),)),)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a stage's first WORKDIR, ancestors included, as BuildKit's WorkdirRelativePath.

    A path that begins with a variable which only the base can set is not known to be relative.
    """
    for stage, instruction, unknown in relative(dockerfile):
        if not unknown:
            yield Finding(
                f"WORKDIR {instruction.values[0]} is relative to the base image's own, which may "
                "change",
                instruction.words[0].span,
                stage=stage,
                help="write the whole path, from the root",
                fixes=_fix(stage, instruction),
            )


RULE = Rule(
    "relative-workdir",
    Dockerfile,
    Severity.WARNING,
    why=(
        "A relative WORKDIR starts from the one that the base image ends with. When the base's "
        "next release changes it, files land elsewhere, and the CMD, volume or mount that names "
        "the old path fails for those who run the image. Later relative paths build on the first "
        "one and are mended with it."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/workdir-relative-path/",
        "https://docs.docker.com/build/building/best-practices/#workdir",
    ),
    aliases=(
        "DL3000",
        "WorkdirRelativePath",
        "DS-0009",
        "CKV_DOCKER_10",
        "workdir_path_not_absolute",
        "use-absolute-workdir",
        "DF009",
        "invalid_workdir",
        "WORKDIR_IS_NOT_ABSOLUTE",
    ),
    examples=(
        bad("FROM debian:12\nWORKDIR app\n", at=[2], fixed="FROM debian:12\nWORKDIR /app\n"),
        bad("FROM python:3.13\nARG D=app\nWORKDIR $D/src\n", at=[3]),
        bad(
            "FROM scratch\nWORKDIR a\nWORKDIR b\n",
            at=[2],
            fixed="FROM scratch\nWORKDIR /a\nWORKDIR b\n",
        ),
        bad("FROM debian:12\nWORKDIR ./app\n", at=[2]),
        good("FROM debian:12\nWORKDIR /app\nWORKDIR src\n"),
        good("FROM debian:12 AS a\nWORKDIR /app\nFROM a\nWORKDIR src\n"),
        good('FROM debian:12\nWORKDIR "/with space"\n'),
        good("FROM debian:12\nENV D=/app\nWORKDIR ${D}/src\n"),
        good("FROM quay.io/jupyter/base-notebook:1\nWORKDIR ${HOME}\n"),
        good("# escape=`\nFROM mcr.microsoft.com/windows/nanoserver:1809\nWORKDIR C:\\app\n"),
    ),
    needs=("WORKDIR",),
    check=check,
)
