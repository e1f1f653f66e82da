"""`--format jsonl`: one JSON object a line, for streams: the diagnostics of `json`, and failures.

Each has a "type": "diagnostic", "failure", or, last and only of `build` and `scan`, "verdict".
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from dockgate.linter.report import Report
from dockgate.linter.reporters.json_v1 import diagnostics
from dockgate.linter.reporters.place import failures

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

#: Line ends to some readers, though not to JSON; they can only stand inside strings.
_LINE_ENDS = {"\u0085": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def render(report: Report) -> str:
    """A line for each object; nothing where nothing is."""
    return "".join(f"{_line(found)}\n" for found in _objects(report))


def _objects(report: Report) -> Iterator[dict[str, Any]]:
    for diagnostic in diagnostics(report):
        yield {"type": "diagnostic", **diagnostic}
    for name, failure in failures(report):
        yield {"type": "failure", "file": name, "message": failure}
    if report.verdict:
        verdict = {"verdict": report.verdict, "reasons": report.reasons, "digest": report.digest}
        yield {"type": "verdict", **verdict}


def _line(found: dict[str, Any]) -> str:
    line = json.dumps(found, ensure_ascii=False)
    for char, escape in _LINE_ENDS.items():
        line = line.replace(char, escape)
    return line
