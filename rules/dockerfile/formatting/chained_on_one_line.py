"""Several commands of a chain in one line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.text import Span


def _gaps(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Span]:
    """What stands between two commands that && joins, in one line, on the top of the script."""
    script = instruction.script
    if script is None or script.errors:
        return
    commands = [command for command in script.commands if not command.context]
    for before, after in pairwise(commands):
        gap = Span(before.span.end, after.span.start)
        if gap.start < gap.end and dockerfile.text[gap].strip(" \t") == "&&":
            yield gap


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each && of a RUN in shell form that does not begin a line."""
    for instruction in dockerfile.find("RUN"):
        if instruction.json or instruction.heredocs or "&&" not in instruction.original:
            continue
        for gap in _gaps(dockerfile, instruction):
            at = gap.start + dockerfile.text[gap].index("&&")
            yield Finding(
                "the next command of the chain is in the same line",
                Span(at, at + 2),
                stage=instruction.stage,
                fixes=(Fix("begin a line", (Edit(gap, f" {dockerfile.escape}\n    && "),)),),
            )


RULE = Rule(
    "chained-on-one-line",
    Dockerfile,
    Severity.STYLE,
    enabled=False,
    why=(
        "With one command in each line a difference shows which command has changed, and the line "
        "of an error is that of one command. Off by default: short chains (cd x && make) read "
        "well in one line. The fix only breaks lines; the shell sees the same chain."
    ),
    references=("https://docs.docker.com/build/building/best-practices/#run",),
    aliases=("newline-per-chained-call",),
    examples=(
        bad(
            "FROM debian:12\nRUN a && b && c\n",
            at=[2, 2],
            fixed="FROM debian:12\nRUN a \\\n    && b \\\n    && c\n",
        ),
        bad(
            "# escape=`\nFROM debian:12\nRUN a x &&b `\n    && c\n",
            at=[3],
            fixed="# escape=`\nFROM debian:12\nRUN a x `\n    && b `\n    && c\n",
        ),
        good("FROM debian:12\nRUN a \\\n    && b \\\n  && c\nRUN a && \\\n  b\n"),
        good("FROM debian:12\nRUN if a; then b && c; fi; echo '&&'\n"),
        good('FROM debian:12\nRUN ["a", "&&", "b"]\nRUN <<EOF\na && b\nEOF\n'),
    ),
    check=check,
)
