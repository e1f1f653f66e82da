"""A file that does not end in a line end."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the last character."""
    text = dockerfile.text.text
    if text and not text.endswith("\n"):
        end = len(text)
        yield Finding(
            "the last line has no line end",
            Span(end - 1, end),
            fixes=(Fix("add it", (Edit(Span(end, end), "\n"),)),),
        )


RULE = Rule(
    "missing-final-newline",
    Dockerfile,
    Severity.STYLE,
    enabled=False,
    why=(
        "Whoever adds a line at the end with a script (echo … >> Dockerfile, cat a b) glues it to "
        "the last instruction, and every tool that shows differences marks the line. Off by "
        "default: BuildKit does not mind."
    ),
    references=(
        "https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap03.html#tag_03_185",
    ),
    aliases=("eol-last",),
    examples=(
        bad("FROM debian:12\nRUN x", at=[2], fixed="FROM debian:12\nRUN x\n"),
        bad("FROM debian:12\r\nRUN x", at=[2], fixed="FROM debian:12\r\nRUN x\r\n"),
        good("FROM debian:12\nRUN x\n"),
        good("FROM debian:12\r\n"),
    ),
    check=check,
)
