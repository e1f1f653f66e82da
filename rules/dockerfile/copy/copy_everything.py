"""COPY of the whole build context into the image."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

_WHOLE = frozenset({".", "./", "/", "*", "./*", "/*", "./."})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire in the final stage and the stages that it is based on; builders' files stay behind."""
    for stage in dockerfile.final.chain() if dockerfile.final else ():
        for instruction in stage.find("COPY", "ADD"):
            if instruction.flag("from") is not None or instruction.flag("exclude") is not None:
                continue
            for word, source in zip(instruction.words[:-1], instruction.values[:-1], strict=True):
                if source in _WHOLE:
                    yield Finding(
                        f"{instruction.cmd} {word.value} brings all that the build context "
                        "happens to hold into the image",
                        word.span,
                        stage=stage,
                        help="name the files that the image needs, or list in .dockerignore "
                        "what it must not have",
                    )


RULE = Rule(
    "copy-everything",
    Dockerfile,
    Severity.INFO,
    why=(
        "COPY . . takes whatever lies in the folder when the image is built: .git with its "
        "history, .env files, keys, editors' backups, dependencies of another platform. What the "
        "image holds then depends on the machine that built it, and any change of any file throws "
        "the cache away. Whether a .dockerignore limits it the Dockerfile cannot tell, so this is "
        "only a hint; with the build context at hand, secret-in-context says what is really "
        "brought, and missing-dockerignore that nothing limits it."
    ),
    references=(
        "https://docs.docker.com/build/concepts/context/#dockerignore-files",
        "CIS Docker 1.6 4.10",
        "CWE-538",
    ),
    aliases=("DF007", "DF026"),
    examples=(
        bad("FROM node:22\nCOPY . .\n", at=[2]),
        bad("FROM node:22\nWORKDIR /app\nADD ./ /app/\n", at=[3]),
        bad("FROM node:22 AS base\nCOPY * /app/\nFROM base\n", at=[2]),
        bad('FROM node:22\nCOPY ["package.json", ".", "/app/"]\n', at=[2]),
        good("FROM node:22\nCOPY src package.json /app/\n"),
        good("FROM golang:1.23 AS build\nCOPY . .\nFROM scratch\nCOPY --from=build /app /\n"),
        good("FROM debian:12\nCOPY --from=build . .\n"),
        good("FROM debian:12\nCOPY --exclude=.git . .\n"),
    ),
    needs=("ADD", "COPY"),
    check=check,
)
