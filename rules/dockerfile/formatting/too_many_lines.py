"""A file of very many lines."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

#: Lines of instructions, heredocs included; empty lines and comments between are not counted.
MOST = 150


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire once, at the instruction that crosses the limit."""
    total = sum(i.end - i.start + 1 for i in dockerfile.instructions)
    if total <= MOST:
        return
    count = 0
    for instruction in dockerfile.instructions:
        count += instruction.end - instruction.start + 1
        if count > MOST:
            yield Finding(
                f"the file has {total} lines of instructions, more than {MOST}",
                instruction.keyword,
                stage=instruction.stage,
                help="move scripts into files of their own, and parts into images of their own",
            )
            return


RULE = Rule(
    "too-many-lines",
    Dockerfile,
    Severity.STYLE,
    enabled=False,
    why=(
        "Nobody reviews a Dockerfile of hundreds of lines as a whole. Mostly it holds scripts "
        "that would be better kept, tested and copied as files, or several images that have grown "
        "together. Off by default: where the limit lies is a matter of taste, and good files "
        f"with many stages are long. The limit is {MOST} lines of instructions."
    ),
    references=("https://docs.docker.com/build/building/best-practices/",),
    aliases=("max-lines",),
    examples=(
        bad("FROM debian:12\n" + "RUN x\n" * 160, at=[151]),
        bad("FROM debian:12\nRUN <<EOF\n" + "x\n" * 160 + "EOF\n", at=[2]),
        good("FROM debian:12\n" + "RUN x\n\n# y\n" * 149),
        good("FROM debian:12\n" + "\n" * 300),
    ),
    check=check,
)
