"""`--format grouped`: for people who go through file by file: the findings of each below it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from dockgate.linter.report import Report
from dockgate.linter.reporters.frame import shown
from dockgate.linter.reporters.rows import Row, rows
from dockgate.rules.finding import Severity


def render(report: Report) -> str:
    """A block for each file or image that has something, and a line that counts."""
    found = list(rows(report))
    blocks = [_block(where, list(group)) for where, group in groupby(found, lambda r: r.where)]
    return "".join([*blocks, _summary(report, found)])


def _block(where: str, group: list[Row]) -> str:
    places = [_place(row) for row in group]
    width = max(map(len, places))
    names = max(len(row.rule) for row in group)
    lines = [f"{shown(where)}\n"]
    for place, row in zip(places, group, strict=True):
        label = f"{row.severity.label:<7}"
        lines.append(f"  {place:>{width}}  {label}  {row.rule:<{names}}  {shown(row.message)}\n")
    return "".join([*lines, "\n"])


def _place(row: Row) -> str:
    if row.file is not None:
        return f"{row.start.line}:{row.start.column}"
    return shown(row.inside) or "-"


def _summary(report: Report, found: list[Row]) -> str:
    parts = list(_counts(found)) or ["no findings"]
    places = [_count(len(report.files), "file")] if report.files or not report.images else []
    places += [_count(len(report.images), "image")] if report.images else []
    parts[-1] += f" in {' and '.join(places)}"
    if report.failures or report.verdict == "undecided":
        parts.append("undecided")
    elif report.verdict:
        parts.append(report.verdict)
    return ", ".join(parts) + "\n"


def _counts(found: list[Row]) -> Iterator[str]:
    for severity in reversed(Severity):
        count = sum(1 for row in found if row.severity == severity)
        if count:
            name = severity.label
            yield _count(count, name) if severity >= Severity.WARNING else f"{count} {name}"


def _count(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else noun + 's'}"
