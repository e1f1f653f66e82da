"""`--format checkstyle`: Checkstyle's XML, which Jenkins, reviewdog and many others read."""

from __future__ import annotations

from itertools import groupby

from dockgate.linter.report import Report
from dockgate.linter.reporters.rows import Row, rows
from dockgate.linter.reporters.xml import DECLARATION, element
from dockgate.rules.finding import Severity

VERSION = "4.3"  #: of Checkstyle, since when the format is as it is

_SEVERITIES = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "info",
    Severity.STYLE: "info",
}


def render(report: Report) -> str:
    """A `file` for each file with something to say, an `error` for each row."""
    files = [
        element("file", {"name": where}, [_error(row) for row in group])
        for where, group in groupby(rows(report), lambda row: row.where)
    ]
    return DECLARATION + element("checkstyle", {"version": VERSION}, files)


def _error(row: Row) -> str:
    inside = f"{row.inside}: " if row.inside else ""
    return element(
        "error",
        {
            "line": row.start.line,
            "column": row.start.column,
            "severity": _SEVERITIES[row.severity],
            "message": inside + row.message,
            "source": f"dockgate.{row.rule}",
        },
    )
