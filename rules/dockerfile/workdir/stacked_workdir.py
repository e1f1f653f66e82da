"""A relative WORKDIR after one that the file sets."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.workdir._first import WINDOWS as DRIVE
from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire where the path before is known from the file: what it is unknown for is another rule's.

    The fix is the path that BuildKit makes of both.
    """
    for stage in dockerfile.stages:
        if stage.windows:
            continue
        before = stage.parent.workdir if stage.parent is not None else ""
        for instruction in stage.find("WORKDIR"):
            if not instruction.words:
                continue
            path, word = instruction.values[0], instruction.words[0]
            if path.startswith("/") or DRIVE.match(path):
                before = path
            elif before:
                whole = f"{before.rstrip('/')}/{path}"
                plain = word.value == path and not {"..", "."} & set(path.split("/"))
                fix = Fix("write the whole path", (Edit(word.span, whole),))
                yield Finding(
                    f"WORKDIR {word.value} builds on the WORKDIR before it, {before}",
                    word.span,
                    stage=stage,
                    help=f"write the whole path: {whole}",
                    fixes=(fix,) if plain and " " not in whole and "$" not in whole else (),
                )
                before = whole


RULE = Rule(
    "stacked-workdir",
    Dockerfile,
    Severity.STYLE,
    enabled=False,
    why=(
        "A relative WORKDIR moves with the one before it: whoever changes the first path moves "
        "all that follows, and a reader has to add them up. BuildKit and a container treat both "
        "forms alike, and BuildKit's own check is silent here, so this is a matter of taste and "
        "off by default; relative-workdir speaks where the base image decides."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#workdir",
        "https://docs.docker.com/build/building/best-practices/#workdir",
    ),
    aliases=(
        "DL3000",
        "DS-0009",
        "CKV_DOCKER_10",
        "workdir_path_not_absolute",
        "use-absolute-workdir",
        "DF009",
    ),
    examples=(
        bad(
            "FROM debian:12\nWORKDIR /app\nWORKDIR src\n",
            at=[3],
            fixed="FROM debian:12\nWORKDIR /app\nWORKDIR /app/src\n",
        ),
        bad(
            "FROM debian:12 AS a\nWORKDIR /srv/\nFROM a\nWORKDIR x\n",
            at=[4],
            fixed="FROM debian:12 AS a\nWORKDIR /srv/\nFROM a\nWORKDIR /srv/x\n",
        ),
        bad("FROM debian:12\nWORKDIR /app\nWORKDIR ../lib\n", at=[3]),
        good("FROM debian:12\nWORKDIR app\n"),
        good("FROM debian:12\nENV D=/app\nWORKDIR $D\nWORKDIR ${D}/src\n"),
    ),
    check=check,
)
