"""`--format github`: workflow commands, which GitHub Actions shows at the lines of a change."""

from __future__ import annotations

from dockgate.linter.report import Report
from dockgate.linter.reporters.addresses import relative
from dockgate.linter.reporters.frame import shown
from dockgate.linter.reporters.place import made_by
from dockgate.linter.reporters.rows import Row, rows
from dockgate.rules.finding import Severity

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
    Severity.STYLE: "notice",
}


def render(report: Report) -> str:
    """`::error file=…,line=…,title=RULE::MESSAGE`, one line for each row."""
    return "".join(f"{_command(row)}\n" for row in rows(report))


def _command(row: Row) -> str:
    properties: dict[str, object] = {}
    message = shown(row.message)
    if row.file is not None:
        properties["file"] = relative(row.where)
        properties["line"] = row.start.line
        if row.start.line == row.end.line:  # of several lines the runner takes no columns
            properties["col"] = row.start.column
        properties["endLine"] = row.end.line
        if row.start.line == row.end.line:
            properties["endColumn"] = row.end.column
    else:
        message = f"{shown(row.place)}: {message}"
        origin = row.origin
        if origin is not None:
            message += f" (made by: {made_by(origin)})"
            if origin.on_disk and origin.place:
                properties["file"] = relative(origin.file)
                properties["line"] = origin.line
    properties["title"] = f"dockgate {row.rule}"
    given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{_COMMANDS[row.severity]} {given}::{_data(message)}"


def _data(text: str) -> str:
    """As the runner decodes the text after the second `::`."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """As the runner decodes a property's value."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
