"""COPY after USER: the files belong to root all the same, and the user then writes to them."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.text import Span
from dockgate.rules.subjects.users import is_root, users_before


def _to_own_place(instruction: Instruction) -> bool:
    """Whether it goes to a folder of the application, not to where programs and settings are."""
    target = instruction.values[-1] if instruction.values else ""
    return not target.startswith(("/usr", "/etc", "/bin", "/sbin", "/lib", "/opt"))


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at COPY and ADD without --chown under a USER that then runs a step of the build."""
    if next(dockerfile.find("USER"), None) is None:
        return
    users = users_before(dockerfile)
    for stage in dockerfile.stages:
        waiting: list[tuple[Instruction, str]] = []
        for instruction in stage.instructions if not stage.windows else ():
            user = users.get(instruction.index)
            if instruction.cmd == "USER":
                waiting = []
            elif user is None or is_root(user):
                continue
            elif instruction.cmd in ("COPY", "ADD"):
                if instruction.flag("chown") is None and _to_own_place(instruction):
                    waiting.append((instruction, user))
            elif instruction.cmd == "RUN":
                yield from (_finding(*found) for found in waiting)
                waiting = []


def _finding(instruction: Instruction, user: str) -> Finding:
    at = instruction.keyword.end
    edit = Edit(Span(at, at), f" --chown={user}")
    return Finding(
        f"{instruction.cmd} makes files of root although USER is {user}, who then runs a step",
        instruction.keyword,
        stage=instruction.stage,
        fixes=(Fix(f"give them to {user}", (edit,), safe=False),) if "$" not in user else (),
    )


RULE = Rule(
    "copy-after-user-without-chown",
    Dockerfile,
    Severity.INFO,
    why=(
        "USER does not change whom COPY and ADD give their files to: without --chown that is root "
        "(uid 0). When a later step runs as the user and writes beside what was copied, as npm "
        "install, bundle or a compiler do, it fails with 'permission denied', and the way out is "
        "too often chmod 777. Files that the application only reads are best left to root, so the "
        "rule speaks only where a step of the build runs as that user afterwards, and the fix is "
        "unsafe: it changes owners."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#copy---chown---chmod",
        "CWE-732",
    ),
    aliases=("copy-after-user-without-chown", "ruby/state-paths-not-writable-as-non-root"),
    examples=(
        bad(
            "FROM node:22\nUSER node\nCOPY package.json ./\nRUN npm install\n",
            at=[3],
            fixed="FROM node:22\nUSER node\nCOPY --chown=node package.json ./\nRUN npm install\n",
        ),
        bad(
            "FROM ruby:3.4 AS b\nUSER 1000:1000\nFROM b\nADD a b /app/\nRUN bundle install\n",
            at=[4],
            fixed=(
                "FROM ruby:3.4 AS b\nUSER 1000:1000\n"
                "FROM b\nADD --chown=1000:1000 a b /app/\nRUN bundle install\n"
            ),
        ),
        good("FROM node:22\nUSER node\nCOPY --chown=node:node . .\nRUN npm install\n"),
        good("FROM node:22\nCOPY . .\nRUN npm ci\nUSER node\n"),
        good('FROM node:22\nUSER node\nCOPY dist /app\nCMD ["node", "/app"]\n'),
        good("FROM node:22\nUSER node\nCOPY run.sh /usr/bin/\nUSER root\nRUN true\n"),
        good("FROM node:22\nUSER root\nCOPY . .\nRUN npm ci\n"),
    ),
    needs=("USER",),
    check=check,
)
