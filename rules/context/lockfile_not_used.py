"""A lockfile that comes with the context, and an installation that does not hold to it."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.context import Context, Copied
from dockgate.rules.subjects.lockfiles import LOCKFILES, NamedLocks, loose_calls


def check(context: Context) -> Iterator[Finding]:
    """Fire at the verb; what lockfile-not-enforced sees in the Dockerfile alone is left to it."""
    brought: list[tuple[Copied, str]] | None = None
    for found in loose_calls(context.dockerfile):
        if brought is None:
            named, brought = NamedLocks(context.dockerfile), list(_brought(context))
        if named.before(found) is not None or found.instruction.stage is None:
            continue
        stages = {stage.index for stage in found.instruction.stage.chain()}
        for copied, path in brought:
            step = copied.instruction
            if step.stage is None or step.stage.index not in stages or step.index >= found.step:
                continue
            if path.rpartition("/")[2] in found.tool.locks:
                yield Finding(
                    f"{found.command.name} {found.word.value} may install other versions than "
                    f"{path} says, which {step.cmd} brings",
                    found.word.span,
                    stage=found.instruction.stage,
                    help=f"use {found.tool.instead}",
                )
                break


def _brought(context: Context) -> Iterator[tuple[Copied, str]]:
    """The lockfiles that COPY and ADD bring, one of a name for each source."""
    for copied in context.copied:
        found: dict[str, str] = {}
        for file in copied.files:
            name = file.path.rpartition("/")[2]
            if name in LOCKFILES:
                found.setdefault(name, file.path)
        yield from ((copied, path) for path in found.values())


RULE = Rule(
    "lockfile-not-used",
    Context,
    Severity.WARNING,
    why=(
        "The build context holds a lockfile, which names every version with its checksum, and it "
        "is copied with the rest; but npm install, yarn, pnpm install, bundle install or uv sync "
        "write it anew when it does not fit the manifest. The image then holds versions that "
        "nobody tested, and no two builds agree. npm ci and the frozen modes install what the "
        "lockfile says or fail. Looks at the files of the context, after .dockerignore; a COPY "
        "that names the lockfile is lockfile-not-enforced."
    ),
    references=(
        "https://docs.npmjs.com/cli/commands/npm-ci",
        "CWE-1357",
    ),
    aliases=("DF031",),
    examples=(
        bad(
            "FROM node:22\nCOPY . .\nRUN npm install\n",
            at=[3],
            files={"package.json": "{}", "package-lock.json": "{}"},
        ),
        bad(
            "FROM ruby:3.4 AS base\nCOPY app /app\nFROM base\nRUN cd /app && \\\n  bundle\n",
            at=[5],
            files={"app/Gemfile": "", "app/Gemfile.lock": ""},
        ),
        good(
            "FROM node:22\nCOPY . .\nRUN npm install\n",
            files={"package.json": "{}", "package-lock.json": "{}", ".dockerignore": "*-lock*"},
        ),
        good("FROM node:22\nCOPY . .\nRUN npm ci\n", files={"package-lock.json": "{}"}),
        good("FROM node:22\nRUN npm install\nCOPY . .\n", files={"package-lock.json": "{}"}),
    ),
    check=check,
)
