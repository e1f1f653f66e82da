"""Blanks at the end of a line."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.formatting._lines import BLANKS, lines
from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each line outside of heredocs that ends in blanks."""
    text = dockerfile.text
    for _, span in lines(dockerfile):
        line = text[span]
        bare = line.rstrip(BLANKS)
        if len(bare) < len(line):
            tail = Span(span.start + len(bare), span.end)
            yield Finding(
                "blanks at the end of the line",
                tail,
                fixes=(Fix("remove them", (Edit(tail, ""),)),),
            )


RULE = Rule(
    "trailing-spaces",
    Dockerfile,
    Severity.STYLE,
    enabled=False,
    why=(
        "They are invisible, make differences between versions of the file that mean nothing, and "
        "after a backslash they look as if the line did not continue. Off by default: BuildKit "
        "ignores them, and so can most readers. The bodies of heredocs are left alone."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#format",),
    aliases=("no-trailing-spaces",),
    examples=(
        bad("FROM debian:12 \nRUN x\n", at=[1], fixed="FROM debian:12\nRUN x\n"),
        bad(
            "FROM debian:12\nRUN x \\ \t\n  y\n# c \r\n",
            at=[2, 4],
            fixed="FROM debian:12\nRUN x \\\n  y\n# c\r\n",
        ),
        good("FROM debian:12\r\n\nRUN <<EOF\nx \nEOF\n"),
        good("FROM debian:12"),
    ),
    check=check,
)
