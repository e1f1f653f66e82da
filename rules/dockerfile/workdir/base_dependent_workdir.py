"""A WORKDIR that begins with a variable of the base image."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.workdir._first import relative
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.users import base_of


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at what relative-workdir leaves open: a first WORKDIR whose start is not known."""
    for stage, instruction, unknown in relative(dockerfile):
        if unknown:
            yield Finding(
                f"WORKDIR {instruction.words[0].value} is absolute only if {base_of(stage).name} "
                "sets the variable",
                instruction.words[0].span,
                stage=stage,
                help="write the whole path, or set the variable with ENV",
            )


RULE = Rule(
    "base-dependent-workdir",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "WORKDIR knows ARG and ENV, not what a login sets: unless the base image's configuration "
        "has it, $HOME is empty, and the directory stays what it was. Off by default, for whether "
        "the base sets the variable only a registry can tell. Together with relative-workdir this "
        "is what BuildKit's WorkdirRelativePath says of a base that sets PATH only."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/workdir-relative-path/",
        "https://docs.docker.com/reference/dockerfile/#workdir",
    ),
    aliases=("WorkdirRelativePath",),
    examples=(
        bad("FROM debian:12\nWORKDIR $HOME\n", at=[2]),
        bad('FROM debian:12\nWORKDIR "${APP}"\nWORKDIR x\n', at=[2]),
        good("FROM debian:12\nENV HOME=/home/x\nWORKDIR $HOME\n"),
        good("FROM debian:12\nWORKDIR /a/$B\nWORKDIR $C\n"),
        good("FROM debian:12\nWORKDIR app\n"),
    ),
    check=check,
)
