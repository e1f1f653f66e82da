"""Several blanks where one parts the words."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.text import Span

#: Instructions whose arguments are words that one blank parts.
_WORDS = frozenset({"FROM", "COPY", "ADD", "EXPOSE", "VOLUME", "ARG", "ENV", "LABEL"})


def _gaps(instruction: Instruction) -> Iterator[Span]:
    """The places between keyword, flags and words, as far as they are apart in the file."""
    ends = [instruction.keyword, *(flag.span for flag in instruction.flags)]
    words = instruction.words if not instruction.json else instruction.words[:0]
    if instruction.cmd in ("ENV", "LABEL"):
        words = [word for i, word in enumerate(words) if i % 3 < 2]
    ends += [word.span for word in (words if instruction.cmd in _WORDS else words[:1])]
    for before, after in pairwise(ends):
        yield Span(before.end, after.start)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each such gap within a line, outside of what a shell reads."""
    for instruction in dockerfile.instructions:
        if "  " not in instruction.original and "\t" not in instruction.original:
            continue
        for gap in _gaps(instruction):
            text = dockerfile.text[gap] if gap.start < gap.end else ""
            if len(text) > 1 and not text.strip(" \t"):
                yield Finding(
                    f"{len(text)} blanks where one is enough",
                    gap,
                    stage=instruction.stage,
                    fixes=(Fix("leave one", (Edit(gap, " "),)),),
                )


RULE = Rule(
    "multiple-spaces",
    Dockerfile,
    Severity.STYLE,
    enabled=False,
    why=(
        "Words are parted by one blank; more hide that a word is missing between them, and make "
        "differences that mean nothing. Off by default: some authors align columns on purpose. "
        "What a shell reads (the commands of RUN) and JSON are left alone."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#format",),
    aliases=("no-multi-spaces",),
    examples=(
        bad(
            "FROM  debian:12   AS b\nCOPY a   /a\n",
            at=[1, 1, 2],
            fixed="FROM debian:12 AS b\nCOPY a /a\n",
        ),
        bad(
            "FROM debian:12\nENV A=1   B=2\nRUN   --network=none  x   y\n",
            at=[2, 3, 3],
            fixed="FROM debian:12\nENV A=1 B=2\nRUN --network=none x   y\n",
        ),
        good("FROM debian:12\nRUN x   && \\\n    y\nENV A=1 \\\n    B=2\n"),
        good('FROM debian:12\nCMD ["a",   "b"]\nENV A="x   y"\n# a   b\n'),
    ),
    check=check,
)
