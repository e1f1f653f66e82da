"""Several empty lines in a row."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.formatting._lines import lines
from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the second of each row of empty lines outside of heredocs."""
    text = dockerfile.text
    starts = [*text.starts, len(text.text)]
    first = last = 0  # the lines of the row so far
    rows = []
    for number, span in lines(dockerfile):
        if text[span].strip():
            continue
        if number != last + 1 or not first:
            first = number
            rows.append([number, number])
        rows[-1][1] = last = number
    for first, last in rows:
        if last > first:
            extra = Span(starts[first], starts[last])
            yield Finding(
                f"{last - first + 1} empty lines in a row",
                extra,
                fixes=(Fix("leave one", (Edit(extra, ""),)),),
            )


RULE = Rule(
    "multiple-blank-lines",
    Dockerfile,
    Severity.STYLE,
    enabled=False,
    why=(
        "One empty line parts what belongs apart; more only push the rest off the screen. Off by "
        "default, because it is a matter of taste and changes nothing in the image. The bodies of "
        "heredocs are left alone."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#format",),
    aliases=("no-multiple-empty-lines",),
    examples=(
        bad("FROM debian:12\n\n\nRUN x\n", at=[3], fixed="FROM debian:12\n\nRUN x\n"),
        bad(
            "\n \t\n\nFROM debian:12\n\nRUN x\n\n\n",
            at=[2, 8],
            fixed="\nFROM debian:12\n\nRUN x\n\n",
        ),
        good("FROM debian:12\n\nRUN x\n\nRUN y\n"),
        good("FROM debian:12\nRUN <<EOF\n\n\n\nEOF\n"),
    ),
    check=check,
)
