"""Instructions of different kinds without an empty line between them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at an instruction of another kind than the one in the lines above it."""
    text = dockerfile.text
    for before, instruction in pairwise(dockerfile.instructions):
        if before.cmd == instruction.cmd or instruction.start <= before.end:
            continue
        between = range(before.end + 1, instruction.start)
        if any(not text.line(number).strip() for number in between):
            continue
        at = text.starts[before.end]
        yield Finding(
            f"no empty line between {before.cmd} and {instruction.cmd}",
            instruction.keyword,
            stage=instruction.stage,
            fixes=(Fix("add one", (Edit(Span(at, at), "\n"),)),),
        )


RULE = Rule(
    "missing-blank-line",
    Dockerfile,
    Severity.STYLE,
    enabled=False,
    why=(
        "An empty line where the kind of instruction changes shows at a glance what belongs "
        "together. Off by default: most authors group by purpose and not by instruction, and a "
        "COPY with the RUN that needs it is one thought."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#format",),
    aliases=("newline-between-instructions",),
    examples=(
        bad(
            "FROM debian:12\nRUN x\nRUN y\nCOPY a /a\n",
            at=[2, 4],
            fixed="FROM debian:12\n\nRUN x\nRUN y\n\nCOPY a /a\n",
        ),
        bad(
            "FROM debian:12\n# why\nRUN <<EOF\nx\nEOF\n\nUSER 1\n",
            at=[3],
            fixed="FROM debian:12\n\n# why\nRUN <<EOF\nx\nEOF\n\nUSER 1\n",
        ),
        good("FROM debian:12\n\nRUN x\nRUN y\n\nCOPY a /a\n"),
        good("FROM debian:12\n# about\n\n# why\nRUN x\n"),
    ),
    check=check,
)
