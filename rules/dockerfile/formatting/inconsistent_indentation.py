"""Instructions of a stage that do not begin in the same column."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.text import Span


def _indentation(dockerfile: Dockerfile, instruction: Instruction) -> Span:
    start = dockerfile.text.starts[instruction.start - 1]
    if start == 0 and dockerfile.text.text.startswith("\ufeff"):
        start = 1
    return Span(start, max(start, instruction.keyword.start))


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a FROM that is indented unlike the first, and at others unlike their stage's first.

    The others of a stage may be indented below their FROM.
    """
    from_wanted: str | None = None
    wanted: str | None = None
    for instruction in dockerfile.instructions:
        span = _indentation(dockerfile, instruction)
        text = dockerfile.text[span]
        if instruction.cmd == "FROM":
            wanted = None
            if from_wanted is None:
                from_wanted = text
            expected = from_wanted
        else:
            wanted = expected = text if wanted is None else wanted
        if text != expected and not text.strip():
            yield Finding(
                f"{instruction.cmd} is indented unlike the instructions before it",
                Span(span.start, instruction.keyword.end),
                stage=instruction.stage,
                fixes=(Fix("indent it like them", (Edit(span, expected),)),),
            )


RULE = Rule(
    "inconsistent-indentation",
    Dockerfile,
    Severity.STYLE,
    enabled=False,
    why=(
        "An instruction that is indented among others that are not looks like part of the one "
        "above it, as a continued line would be. Off by default: BuildKit ignores blanks before "
        "an instruction. Whether a stage is indented below its FROM is the author's choice."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#format",),
    aliases=("consistent-indentation",),
    examples=(
        bad(
            "FROM debian:12\nRUN x\n  RUN y\n",
            at=[3],
            fixed="FROM debian:12\nRUN x\nRUN y\n",
        ),
        bad(
            "FROM debian:12 AS a\n    RUN x\n\tCOPY a /a\n  FROM debian:12\n  RUN y\n",
            at=[3, 4],
            fixed="FROM debian:12 AS a\n    RUN x\n    COPY a /a\nFROM debian:12\n  RUN y\n",
        ),
        good("FROM debian:12\n    RUN x \\\n        y\n    COPY a /a\nFROM debian:12\nRUN z\n"),
        good("FROM debian:12\nRUN <<EOF\n  RUN y\nEOF\n"),
    ),
    check=check,
)
