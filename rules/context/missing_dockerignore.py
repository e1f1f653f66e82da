"""The whole context is copied, and no ignore file limits it."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.context import Context


def check(context: Context) -> Iterator[Finding]:
    """Fire at the first source that brings every file of a context without an ignore file."""
    if context.ignore_path is not None or not context.files:
        return
    for copied in context.copied:
        if len(copied.files) == len(context.files) and len(copied.files) > 1:
            yield Finding(
                f"{copied.instruction.cmd} {copied.source.value} copies all {len(copied.files)} "
                "files of the build context, and there is no .dockerignore",
                copied.source.span,
                stage=copied.instruction.stage,
                help="add a .dockerignore that names what the image must not have: "
                ".git, .env*, keys, build output",
            )
            return


RULE = Rule(
    "missing-dockerignore",
    Context,
    Severity.WARNING,
    why=(
        "Without a .dockerignore the whole folder is sent to the builder and, with COPY . ., "
        "into the image: the history in .git, local settings, keys and build output of the "
        "developer's machine. Builds get slow, caches break on every commit, and whoever pulls "
        "the image gets files that were never meant for him."
    ),
    references=(
        "https://docs.docker.com/build/concepts/context/#dockerignore-files",
        "CWE-538",
    ),
    aliases=("DF033",),
    examples=(
        bad("FROM node:22\nCOPY . .\n", at=[2], files={"index.js": "", ".git/HEAD": "x\n"}),
        bad(
            "FROM node:22 AS build\nCOPY . /src\nFROM node:22\nCOPY --from=build /src /app\n",
            at=[2],
            files={"index.js": "", "package.json": "{}"},
        ),
        good(
            "FROM node:22\nCOPY . .\n",
            files={"index.js": "", ".git/HEAD": "x\n", ".dockerignore": ".git\n"},
        ),
        good("FROM node:22\nCOPY src .\n", files={"src/index.js": "", ".git/HEAD": "x\n"}),
    ),
    check=check,
)
