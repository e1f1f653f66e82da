"""`--format sonarqube`: SonarQube's generic issue import, in the form that came with 10.3.

Both of its ways to judge are served: impacts (Multi-Quality Rule mode), type and severity
(Standard Experience). They are a rule's there, so the worst severity that it has in the report
counts. Sonar takes no report at all when one range leaves its line: none does.
"""

from __future__ import annotations

import json

from dockgate.linter import profiles
from dockgate.linter.report import Report
from dockgate.linter.reporters.place import utf16
from dockgate.linter.reporters.rows import Row, rows, span
from dockgate.rules.finding import Severity

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

ENGINE = "dockgate"

_IMPACTS = {
    Severity.ERROR: "HIGH",
    Severity.WARNING: "MEDIUM",
    Severity.INFO: "LOW",
    Severity.STYLE: "LOW",  # INFO came later than the format
}
_SEVERITIES = {
    Severity.ERROR: "CRITICAL",
    Severity.WARNING: "MAJOR",
    Severity.INFO: "MINOR",
    Severity.STYLE: "INFO",
}


def render(report: Report) -> str:
    """The rules that fired, the issues, and a line end."""
    found = list(rows(report))
    worst: dict[str, Row] = {}
    for row in found:
        if row.rule not in worst or row.severity > worst[row.rule].severity:
            worst[row.rule] = row
    rules = [_rule(worst[name]) for name in sorted(worst)]
    issues = [_issue(row) for row in found]
    return json.dumps({"rules": rules, "issues": issues}, ensure_ascii=False, indent=2) + "\n"


def _rule(row: Row) -> dict[str, Any]:
    severity = row.severity
    if row.finding is not None and profiles.is_security(row.finding.rule):
        attribute, quality, kind = "TRUSTWORTHY", "SECURITY", "VULNERABILITY"
    elif severity == Severity.ERROR:
        attribute, quality, kind = "LOGICAL", "RELIABILITY", "BUG"
    elif severity == Severity.STYLE:
        attribute, quality, kind = "CONVENTIONAL", "MAINTAINABILITY", "CODE_SMELL"
    else:
        attribute, quality, kind = "COMPLETE", "MAINTAINABILITY", "CODE_SMELL"
    why = row.finding.rule.why if row.finding is not None else "dockgate could not finish."
    return {
        "id": row.rule,
        "name": row.rule.replace("-", " ").capitalize(),
        "description": why,
        "engineId": ENGINE,
        "cleanCodeAttribute": attribute,
        "type": kind,
        "severity": _SEVERITIES[severity],
        "impacts": [{"softwareQuality": quality, "severity": _IMPACTS[severity]}],
    }


def _issue(row: Row) -> dict[str, Any]:
    location: dict[str, Any] = {"message": row.message, "filePath": row.where + row.inside}
    if row.file is not None and row.file.text.text:
        location["textRange"] = _range(row)
    return {"ruleId": row.rule, "primaryLocation": location}


def _range(row: Row) -> dict[str, int]:
    """Lines from 1, columns from 0 in UTF-16 units; no columns where nothing is covered.

    To Sonar a lone CR ends a line too: there only the line is told, which it has in any case.
    """
    assert row.file is not None
    text = row.file.text
    if row.finding is None:
        return {"startLine": 1}
    covered = span(row.file, row.finding)
    (line, start), (end_line, end) = (utf16(text, _in_line(row, at)) for at in covered)
    if (line, start) >= (end_line, end) or "\r" in text.text.replace("\r\n", "\n"):
        return {"startLine": row.start.line}
    return {
        "startLine": line + 1,
        "startColumn": start,
        "endLine": end_line + 1,
        "endColumn": end,
    }


def _in_line(row: Row, offset: int) -> int:
    """`offset`, or the end of its line where it is in the line end."""
    assert row.file is not None
    text = row.file.text
    return min(offset, text.line_span(text.position(offset).line).end)
