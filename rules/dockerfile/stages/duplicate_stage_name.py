"""Two stages with one name."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Stage


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each name that an earlier stage has already, case ignored, as BuildKit does."""
    first: dict[str, Stage] = {}
    for stage in dockerfile.stages:
        if stage.name is None or stage.name_word is None:
            continue
        before = first.setdefault(stage.name, stage)
        if before is not stage:
            yield Finding(
                f"the stage of line {before.from_.start} is called {stage.name_word.value}, too",
                stage.name_word.span,
                stage=stage,
                help="give each stage a name of its own",
            )


RULE = Rule(
    "duplicate-stage-name",
    Dockerfile,
    Severity.ERROR,
    why=(
        "COPY --from, FROM and --target take the last stage of a name that stands before them, "
        "so one line means another stage than its author had in mind as soon as somebody moves "
        "or adds a stage. The image then holds the wrong files, without an error. Names differ "
        "by more than their case."
    ),
    references=("https://docs.docker.com/reference/build-checks/duplicate-stage-name/",),
    aliases=(
        "DL3024",
        "DuplicateStageName",
        "DS-0012",
        "CKV_DOCKER_11",
        "same_alias_in_different_froms",
        "alias-must-be-unique",
        "DF042",
        "DUPLICATE_BUILD_STAGE_NAME",
    ),
    examples=(
        bad("FROM debian:12 AS build\nFROM alpine:3.20 AS build\n", at=[2]),
        bad("FROM debian:12 AS build\nFROM debian:12\nFROM alpine:3.20 as Build\n", at=[3]),
        good("FROM debian:12 AS build\nFROM build AS build-2\nFROM debian:12\nFROM debian:12\n"),
        good("FROM golang:1.23 AS golang\nFROM golang AS final\n"),
    ),
    needs=("several stages",),
    check=check,
)
