"""A RUN of many commands joined by && which a heredoc would hold."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

#: Commands joined by && from which on a heredoc reads better.
COMMANDS = 3


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the RUN."""
    for instruction in dockerfile.find("RUN"):
        script = instruction.script
        if (
            script is None
            or instruction.json
            or instruction.heredocs
            or instruction.end == (instruction.start)
        ):
            continue
        outer = [command for command in script.commands if not command.context]
        joined = sum(1 for command in outer if command.connector == "&&")
        if joined >= COMMANDS - 1 and joined == len(outer) - 1:
            yield Finding(
                f"RUN joins {len(outer)} commands with &&",
                instruction.keyword,
                stage=instruction.stage,
                help="write RUN <<EOF, set -e, and one command a line",
            )


RULE = Rule(
    "chained-run",
    Dockerfile,
    Severity.STYLE,
    why=(
        "In a heredoc each command has a line of its own without && and backslashes, so that a "
        "forgotten one cannot break the build, and diffs are small. The rule is off by default: "
        "chains are what most Dockerfiles have, a heredoc needs set -e to stop at the first "
        "error, and Dockerfile syntax 1.4, which older builders do not know."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#here-documents",),
    aliases=("prefer-run-heredoc",),
    enabled=False,
    examples=(
        bad("FROM debian:12\nRUN a && \\\n b && \\\n c\n", at=[2]),
        bad("FROM debian:12\nRUN --mount=type=cache,target=/c a \\\n && b && c && d\n", at=[2]),
        good("FROM debian:12\nRUN a && \\\n b\n"),
        good("FROM debian:12\nRUN <<EOF\nset -e\na && b && c && d\nEOF\n"),
        good("FROM debian:12\nRUN a || b; \\\n c\n"),
    ),
    check=check,
)
