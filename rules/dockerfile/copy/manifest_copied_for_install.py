"""Files that name the dependencies are copied only for the install that follows."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.manifests import FILES, installs


def _only_manifests(instruction: Instruction) -> bool:
    names = [value.rpartition("/")[2].lower() for value in instruction.values[:-1]]
    return bool(names) and all(name in FILES for name in names)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a COPY of manifests alone whose next step is a RUN that installs from them."""
    for stage in dockerfile.stages:
        before: Instruction | None = None
        for instruction in stage.instructions:
            if instruction.cmd == "RUN" and before is not None and instruction.script is not None:
                bound = any(mount["type"] == "bind" for mount in instruction.mounts)
                tool = next(filter(None, map(installs, instruction.script.commands)), "")
                if tool and not bound:
                    yield Finding(
                        f"{before.cmd} of the files that {tool} reads makes a layer for one step",
                        before.keyword,
                        stage=stage,
                        help="give them to the RUN: --mount=type=bind,source=FILE,target=FILE",
                    )
            if instruction.cmd in ("COPY", "RUN"):
                fits = instruction.cmd == "COPY" and instruction.flag("from") is None
                before = instruction if fits and _only_manifests(instruction) else None


RULE = Rule(
    "manifest-copied-for-install",
    Dockerfile,
    Severity.INFO,
    why=(
        "A bind mount gives the install the files that name the dependencies without a layer of "
        "their own, and the cache is as good. The rule is off by default: the layer is a few "
        "kilobytes, COPY is what everybody knows, and a bind mount is read-only unless told "
        "otherwise, which tools that rewrite their lockfile do not bear."
    ),
    references=(
        "https://docs.docker.com/build/cache/optimize/#use-bind-mounts",
        "https://docs.docker.com/reference/dockerfile/#run---mounttypebind",
    ),
    aliases=("ruby/prefer-gemfile-bind-mounts",),
    enabled=False,
    examples=(
        bad("FROM ruby:3.4\nCOPY Gemfile Gemfile.lock ./\nRUN bundle install\n", at=[2]),
        bad(
            "FROM node:22\nCOPY app/package*.json /app/\nWORKDIR /app\n"
            "RUN --mount=type=cache,target=/root/.npm npm ci\n",
            at=[2],
        ),
        good("FROM ruby:3.4\nRUN --mount=type=bind,source=Gemfile,target=Gemfile bundle install\n"),
        good("FROM ruby:3.4\nCOPY Gemfile src ./\nRUN bundle install\n"),
        good("FROM ruby:3.4\nCOPY Gemfile ./\nRUN echo\n"),
    ),
    check=check,
)
