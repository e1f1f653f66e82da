"""The lines of a Dockerfile whose layout is its author's: those of heredocs belong to others."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span

#: Other blanks are not: behind a backslash they keep it from continuing the line.
BLANKS = " \t"


def lines(dockerfile: Dockerfile) -> Iterator[tuple[int, Span]]:
    """Number (from 1) and place of each line outside of heredoc bodies, without its line end."""
    text, starts = dockerfile.text.text, dockerfile.text.starts
    bodies = [
        h.span for i in dockerfile.instructions for h in i.heredocs if h.span.start < h.span.end
    ]
    body = 0
    count = len(starts) - (starts[-1] == len(text))
    for index in range(count):
        start = starts[index]
        while body < len(bodies) and bodies[body].end <= start:
            body += 1
        if body < len(bodies) and bodies[body].start <= start:
            continue
        end = starts[index + 1] - 1 if index + 1 < len(starts) else len(text)
        if end > start and text[end - 1] == "\r":
            end -= 1
        yield index + 1, Span(start, end)
