"""Compilers, headers and build commands in the stage that ships."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dockgate.rules.data import load
from dockgate.rules.pattern import glob
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Stage
from dockgate.rules.subjects.images import matches
from dockgate.rules.subjects.installed import inventory
from dockgate.rules.subjects.shell import Command
from dockgate.rules.subjects.text import Span
from dockgate.rules.subjects.users import base_of

NAMED = 5  #: things that the message names


class Part(NamedTuple):
    """Something that belongs into a stage of its own."""

    name: str
    span: Span
    instruction: Instruction
    result: str  #: what COPY --from would bring, "" for a package


def _packages(stage: Stage) -> Iterator[Part]:
    patterns = load("build-tools")["packages"]
    for found in inventory(stage).packages.values():
        if any(glob(found.name, pattern) for pattern in patterns):
            yield Part(found.name, found.word.span, found.instruction, "")


def _builds(stage: Stage) -> Iterator[Part]:
    commands = load("build-tools")["commands"]
    for instruction in stage.history():
        if instruction.cmd == "RUN" and instruction.script is not None:
            for command in instruction.script.commands:
                if command.name not in commands or command.name_word is None:
                    continue
                pattern, result = commands[command.name]
                arguments = " ".join(word.value for word in command.args)
                if re.fullmatch(pattern, arguments, re.DOTALL):
                    verb = "" if pattern.startswith((".*", "(?!")) else _verb(command)
                    span = command.name_word.span
                    output = _output(command) or result
                    yield Part(f"{command.name}{verb}", span, instruction, output)


def _toolchain(stage: Stage) -> set[str]:
    base, bases = base_of(stage), load("build-tools")["bases"]
    return {name for image, names in bases.items() if matches(base, image) for name in names}


def _verb(command: Command) -> str:
    words = [word.value for word in command.args[:2]]
    return "".join(f" {word}" for word in (words if words[:1] == ["run"] else words[:1]))


def _output(command: Command) -> str:
    for word, after in zip(command.args, command.args[1:], strict=False):
        if word.value in ("-o", "--output"):
            return after.value
    return ""


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """One finding, at the first thing that would move to a builder stage."""
    stage = dockerfile.final
    if stage is None or stage.windows:
        return
    packages, builds = list(_packages(stage)), list(_builds(stage))
    if not packages and inventory(stage).cleaned:  # what built is gone, but for the base's own
        own = _toolchain(stage)
        builds = [part for part in builds if part.name.partition(" ")[0] in own]
    parts = sorted(packages + builds, key=lambda part: part.span)
    if not parts:
        return
    names = list(dict.fromkeys(part.name for part in parts))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    lines = sorted({part.instruction.start for part in parts})
    results = list(dict.fromkeys(part.result for part in parts if part.result))
    yield Finding(
        f"needed to build, not to run, but shipped: {', '.join(names[:NAMED])}{more}",
        parts[0].span,
        stage=parts[0].instruction.stage,
        help=(
            f"move line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))} to a stage "
            f"FROM {stage.base.raw} AS build, then COPY --from=build "
            f"{', '.join(results) or 'what they make'} to a base without them"
        ),
    )


RULE = Rule(
    "build-tools-in-final-stage",
    Dockerfile,
    Severity.INFO,
    why=(
        "A compiler, headers and the sources they turned into a program are dead weight where it "
        "runs: hundreds of megabytes on every node, dozens of packages whose holes somebody must "
        "patch, and for an intruder the tools to build his own on the spot. In a multi-stage "
        "build they stay in a builder stage, and COPY --from brings only the result. Packages "
        "that the same RUN takes away again (apk del, apt-get purge --auto-remove) do not count."
    ),
    references=(
        "https://docs.docker.com/build/building/multi-stage/",
        "CIS Docker 1.6 4.3",
    ),
    aliases=("prefer-multi-stage-build", "DF011"),
    examples=(
        bad("FROM golang:1.23\nCOPY . .\nRUN go build -o /app .\n", at=[3]),
        bad("FROM debian:12\nRUN apt-get install -y \\\n  curl gcc \\\n  libssl-dev\n", at=[3]),
        bad("FROM node:22 AS base\nRUN npm ci\nFROM base\nRUN npm run build\n", at=[4]),
        bad("FROM example.com/x:1\nRUN ./configure && make && make install\n", at=[2]),
        bad("FROM python:3.13-alpine\nRUN apk add build-base && pip install x\n", at=[2]),
        good("FROM golang:1.23 AS b\nRUN go build -o /app\nFROM scratch\nCOPY --from=b /app /\n"),
        good(
            "FROM alpine:3.20\nRUN apk add --virtual .deps gcc musl-dev \\\n"
            " && pip install x && apk del .deps\n"
        ),
        good(
            'FROM debian:12\nRUN saved="$(apt-mark showmanual)"; \\\n'
            " apt-get install -y gcc make; make; apt-mark auto '.*'; \\\n"
            " apt-mark manual $saved; apt-get purge -y --auto-remove\n"
        ),
        good(
            "FROM eclipse-temurin:21-jdk\nRUN apt-get install -y gcc make && make \\\n"
            " && apt-get purge -y gcc make\n"
        ),
        good("FROM golang:1.23\nRUN go version\n"),
        good("FROM debian:12\nRUN apt-get install -y curl device-mapper\n"),
    ),
    check=check,
)
