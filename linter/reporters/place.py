"""Where findings and failures are, in the terms of their readers."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.linter.report import Origin, Report
from dockgate.linter.reporters.frame import shown
from dockgate.rules.subjects.text import Position, Text


def position(text: Text, offset: int) -> Position:
    """Line and column from 1, in code points; a byte order mark is no character."""
    line, column = text.position(offset)
    if line == 1 and text.text.startswith("\ufeff"):
        column = max(column - 1, 1)
    return Position(line, column)


def utf16(text: Text, offset: int) -> tuple[int, int]:
    """Line and character from 0, in UTF-16 units (LSP 3.17 §3.15)."""
    line, character = text.utf16(offset)
    if line == 0 and text.text.startswith("\ufeff"):
        character = max(character - 1, 0)
    return line, character


def failures(report: Report) -> Iterator[tuple[str, str]]:
    """(file or image, what could not be finished)."""
    for file in report.files:
        yield from ((file.path, failure) for failure in file.failures)
    for image in report.images:
        yield from ((image.name, failure) for failure in image.failures)


def made_by(origin: Origin) -> str:
    """What made a layer: `RUN make (Dockerfile:12)`, `the base image debian:12 (Dockerfile:1)`."""
    what = f"the base image {origin.base}" if origin.base else origin.instruction
    return shown(f"{what} ({origin.place})" if origin.place else what)
