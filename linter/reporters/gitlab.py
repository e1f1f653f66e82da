"""`--format gitlab`: GitLab's Code Quality report, shown in merge requests."""

from __future__ import annotations

import json

from dockgate.linter.report import Report
from dockgate.linter.reporters.addresses import relative
from dockgate.linter.reporters.fingerprint import Fingerprints
from dockgate.linter.reporters.rows import Row, rows
from dockgate.rules.finding import Severity

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

_SEVERITIES = {
    Severity.ERROR: "critical",
    Severity.WARNING: "major",
    Severity.INFO: "minor",
    Severity.STYLE: "info",
}
_UNDONE = "blocker"  #: of what is no finding: the run is no success


def render(report: Report) -> str:
    """A list with an object for each row, and a line end."""
    fingerprint = Fingerprints(with_place=True)
    found = [_issue(row, fingerprint(row)) for row in rows(report)]
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def _issue(row: Row, fingerprint: str) -> dict[str, Any]:
    path = relative(row.where) if row.file is not None else row.where + row.inside
    return {
        "type": "issue",
        "check_name": row.rule,
        "description": row.message,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[row.severity] if row.finding is not None else _UNDONE,
        "location": {
            "path": path,
            "lines": {"begin": row.start.line, "end": max(row.end.line, row.start.line)},
        },
    }
