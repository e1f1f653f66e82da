"""All sources are copied before the dependencies are installed."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Stage, Word
from dockgate.rules.subjects.manifests import FILES, MANIFESTS, installs

_WHOLE = frozenset({".", "./", "*", "./*", "./."})


def _whole(dockerfile: Dockerfile, instruction: Instruction) -> Word | None:
    """The source that is the whole context.

    Where the context is known, only if more of it comes than manifests: .dockerignore may leave no
    more.
    """
    if instruction.cmd not in ("COPY", "ADD"):
        return None
    brought = (dockerfile.brought or {}).get(instruction.index)
    if brought is not None and all(path.rpartition("/")[2].lower() in FILES for path in brought):
        return None
    if instruction.flag("from") is not None or instruction.flag("exclude") is not None:
        return None
    for word, value in zip(instruction.words[:-1], instruction.values, strict=False):
        if value in _WHOLE:
            return word
    return None


def _finding(dockerfile: Dockerfile, stage: Stage) -> Finding | None:
    whole: tuple[Instruction, Word] | None = None
    done: set[str] = set()  # what was installed before the sources came
    for instruction in stage.instructions:
        word = _whole(dockerfile, instruction)
        if word is not None and whole is None:
            whole = instruction, word
        if instruction.cmd != "RUN" or instruction.script is None:
            continue
        for command in instruction.script.commands:
            tool = installs(command)
            if tool and whole is None:
                done.add(tool)
            elif tool and tool not in done and whole is not None:
                said = " ".join(w.value for w in command.words[:3])
                return Finding(
                    f"{whole[0].cmd} {whole[1].value} comes before {said} in line "
                    f"{instruction.start}: every change of any file installs all "
                    "dependencies again",
                    whole[1].span,
                    stage=stage,
                    help=f"copy {MANIFESTS[tool]} first, install, and then copy the rest",
                )
    return None


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the source of the first COPY of the whole context, once a stage."""
    for stage in dockerfile.stages:
        if any(_whole(dockerfile, instruction) for instruction in stage.instructions):
            found = _finding(dockerfile, stage)
            if found is not None:
                yield found


RULE = Rule(
    "sources-before-install",
    Dockerfile,
    Severity.INFO,
    why=(
        "BuildKit keeps the result of a step as long as what comes before it is the same. After "
        "COPY . . any change, of a comment or of a README, is a change before the install, so "
        "that every build of every developer and of CI downloads and installs all dependencies "
        "anew: minutes in place of seconds, and a build that fails when a registry is down. The "
        "files that name the dependencies change seldom; copied first, they keep the install in "
        "the cache. With --context it is seen where .dockerignore leaves no more than "
        "these. Installs that need the sources (pip install ., npm run build) are not meant."
    ),
    references=(
        "https://docs.docker.com/build/cache/optimize/#order-your-layers",
        "https://docs.docker.com/build/building/best-practices/#leverage-build-cache",
    ),
    examples=(
        bad("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\n", at=[3]),
        bad(
            "FROM python:3.13\nADD . /app\nRUN cd /app && pip install -r requirements.txt\n", at=[2]
        ),
        bad("FROM golang:1.26\nCOPY ./ /src\nRUN go mod download && \\\n go build\n", at=[2]),
        bad(
            "FROM node:22\nCOPY requirements.txt /\nRUN pip install -r /requirements.txt\n"
            "COPY . .\nRUN yarn install --frozen-lockfile\n",
            at=[4],
        ),
        good("FROM node:22\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n"),
        good("FROM node:22\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm ci --omit=dev\n"),
        good("FROM python:3.13\nCOPY . .\nRUN pip install .\n"),
        good("FROM node:22\nCOPY . .\nRUN npm install -g serve\n"),
        good("FROM node:22 AS b\nCOPY . .\nFROM node:22\nCOPY --from=b . .\nRUN npm ci\n"),
    ),
    needs=("ADD", "COPY"),
    check=check,
)
