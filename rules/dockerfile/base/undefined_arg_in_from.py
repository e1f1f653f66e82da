"""A FROM that uses a variable which no ARG before the first FROM declares."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire once for each such variable of each FROM, `--platform` included, as BuildKit does."""
    declared = {
        name.value
        for instruction in dockerfile.find("ARG")
        if instruction.stage is None
        for name, _, _ in instruction.pairs()
    }
    for stage in dockerfile.stages:
        seen = set(declared)
        for name, span in stage.from_.undefined + stage.from_.unneeded:
            if name not in seen:
                seen.add(name)
                yield Finding(
                    f"FROM uses {name}, which no ARG before the first FROM declares",
                    span,
                    stage=stage,
                    help=f"declare it above the first FROM: ARG {name}=…",
                )


RULE = Rule(
    "undefined-arg-in-from",
    Dockerfile,
    Severity.WARNING,
    why=(
        "FROM sees only the ARGs that stand before the first FROM, and BuildKit's predefined "
        "platform arguments. Any other variable is empty there: a misspelt name gives an image "
        "without its tag or platform, or no valid image at all, and the person who passes "
        "--build-arg sees no effect; so it is with ${VERSION:-22}, too."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/undefined-arg-in-from/",
        "https://docs.docker.com/reference/dockerfile/#understand-how-arg-and-from-interact",
    ),
    aliases=("UndefinedArgInFrom",),
    examples=(
        bad("FROM node:${VERSION}\n", at=[1]),
        bad("ARG tag=latest\nFROM busybox:${tag}${version} AS b\n", at=[2]),
        bad("FROM --platform=$BULIDPLATFORM alpine:3.20\n", at=[1]),
        bad("FROM node:${VERSION:-22}\n", at=[1]),
        bad("FROM alpine:3.20\nARG V=1\nFROM debian:$V\n", at=[3]),
        good("ARG VERSION=22\nFROM node:${VERSION}\n"),
        good("FROM --platform=$BUILDPLATFORM alpine:3.20\n"),
        good("ARG VERSION\nFROM node:${VERSION:-22}\n"),
        good("ARG VERSION\nFROM node:${VERSION}\n"),
    ),
    needs=("~$",),
    check=check,
)
