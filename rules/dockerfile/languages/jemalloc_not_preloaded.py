"""jemalloc installed and never loaded."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.installed import inventory


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the package when no step of the final stage's chain preloads it."""
    stage = dockerfile.final
    if stage is None:
        return
    found = [p for p in inventory(stage).packages.values() if p.name.startswith("libjemalloc")]
    found += [p for p in inventory(stage).packages.values() if p.name == "jemalloc"]
    if not found or any(
        "LD_PRELOAD" in i.original or "MALLOC_CONF" in i.original or "--with-jemalloc" in i.original
        for i in stage.history()
    ):
        return
    yield Finding(
        f"{found[0].name} is installed, and nothing here loads it",
        found[0].word.span,
        stage=found[0].instruction.stage,
        help="ENV LD_PRELOAD=libjemalloc.so.2, or leave the package out",
    )


RULE = Rule(
    "jemalloc-not-preloaded",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "Ruby and other long-running programs hold less memory with jemalloc, but a library that "
        "is merely installed is not used: it has to be preloaded (LD_PRELOAD) or linked. Off by "
        "default: the Dockerfile does not tell whether the entry point script preloads it, as "
        "the one that Rails writes does."
    ),
    references=("https://github.com/jemalloc/jemalloc/wiki/Getting-Started",),
    aliases=("ruby/jemalloc-installed-but-not-preloaded",),
    examples=(
        bad("FROM ruby:3.4\nRUN apt-get install -y libjemalloc2\n", at=[2]),
        bad("FROM ruby:3.4-alpine\nRUN apk add \\\n  jemalloc\n", at=[3]),
        good(
            "FROM ruby:3.4\nRUN apt-get install -y libjemalloc2\nENV LD_PRELOAD=libjemalloc.so.2\n"
        ),
        good("FROM ruby:3.4\nRUN apt-get install -y curl\n"),
    ),
    check=check,
)
