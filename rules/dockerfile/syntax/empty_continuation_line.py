"""An empty line in the middle of an instruction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span


@cache
def _empty() -> re.Pattern[str]:
    return re.compile(r"(?<=\n)(?:[ \t\r\f\v]*\n)+")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire once for each instruction with such lines, at the first; heredoc bodies are text."""
    text = dockerfile.text
    for instruction in dockerfile.instructions:
        start, end = instruction.span
        if instruction.heredocs:
            end = instruction.heredocs[0].span.start
        if instruction.start == instruction.end or text.text.find("\n", start, end) < 0:
            continue
        found = [Span(*match.span()) for match in _empty().finditer(text.text, start, end)]
        if found:
            yield Finding(
                f"an empty line in the middle of {instruction.cmd} will become an error",
                found[0],
                stage=instruction.stage,
                help="remove it, or put # there",
                fixes=(Fix("remove empty lines", tuple(Edit(span, "") for span in found)),),
            )


RULE = Rule(
    "empty-continuation-line",
    Dockerfile,
    Severity.WARNING,
    why=(
        "After a line that ends in a backslash BuildKit skips empty lines and goes on with the "
        "same instruction, but announces that it will refuse them. Until then a reader takes what "
        "stands below the gap for something new, and a backslash left over at the end of a list "
        "swallows the next instruction, whose keyword becomes an argument."
    ),
    references=("https://docs.docker.com/reference/build-checks/no-empty-continuation/",),
    aliases=("NoEmptyContinuation", "EMPTY_CONTINUATION_LINE"),
    examples=(
        bad(
            "FROM debian:12\nRUN a \\\n\n  && b\n",
            at=[3],
            fixed="FROM debian:12\nRUN a \\\n  && b\n",
        ),
        bad(
            "FROM debian:12\nRUN a \\\n  # why\n \t\n\n  && b \\\n\n  && c\n",
            at=[4],
            fixed="FROM debian:12\nRUN a \\\n  # why\n  && b \\\n  && c\n",
        ),
        good("FROM debian:12\nRUN a \\\n#\n  && b\n\nRUN c\n"),
        good("FROM debian:12\nRUN <<EOF\na\n\nb\nEOF\n"),
        good("FROM debian:12\nRUN cat <<EOF && \\\n  b\na\n\nEOF\n"),
    ),
    check=check,
)
