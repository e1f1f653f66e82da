"""A source that leads out of the build context."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.sources import is_git, is_web


def _leads_out(source: str) -> bool:
    depth = 0
    for part in source.lstrip("/").split("/"):
        if part == "..":
            depth -= 1
            if depth < 0:
                return True
        elif part not in ("", "."):
            depth += 1
    return False


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each local source of COPY and ADD with more `..` than there are folders to leave."""
    for instruction in dockerfile.with_triggers():
        if instruction.cmd not in ("COPY", "ADD") or instruction.flag("from") is not None:
            continue
        for word, value in zip(instruction.words[:-1], instruction.values[:-1], strict=False):
            if ".." in value and not is_web(value) and not is_git(value) and _leads_out(value):
                yield Finding(
                    f"{value} leads out of the build context: BuildKit stays at its root",
                    word.span,
                    stage=instruction.stage,
                    help="build with the folder above as context, or give the other one with "
                    "--build-context",
                )


RULE = Rule(
    "source-outside-context",
    Dockerfile,
    Severity.ERROR,
    why=(
        "The builder is sent the context and nothing else. BuildKit drops every .. that would "
        "leave it, so that COPY ../config /etc/ takes `config` of the context: the build fails "
        "where there is none, and where there is one the image silently gets another file than "
        "the one named."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#copy",
        "https://docs.docker.com/build/concepts/context/",
    ),
    aliases=("add_src_invalid",),
    examples=(
        bad("FROM debian:12\nADD ../a /a\n", at=[2]),
        bad("FROM debian:12\nCOPY a \\\n  b/../../c /d/\n", at=[3]),
        good("FROM debian:12\nCOPY a/../b ./..a /c/\nCOPY a ../b\n"),
        good("FROM debian:12\nCOPY --from=build ../a /a\nADD https://x.org/../a /a\n"),
    ),
    needs=("ADD", "COPY"),
    check=check,
)
