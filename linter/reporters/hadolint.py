"""`--format hadolint`: hadolint's flat JSON list, so that its editor plug-ins work unchanged."""

from __future__ import annotations

import json
from typing import Any

from dockgate.linter.report import FileReport, Report
from dockgate.linter.reporters.place import position
from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding

UNFINISHED = "DL1000"  #: hadolint's code for a file that it could not read whole

_CODE = pattern(r"DL\d{4}|SC\d{4}")


def render(report: Report) -> str:
    """The findings in Dockerfiles as one JSON list and a line end; images have no place in it."""
    return json.dumps(entries(report), ensure_ascii=False) + "\n"


def entries(report: Report) -> list[dict[str, Any]]:
    """The findings in Dockerfiles, then what could not be finished, as hadolint names their parts.

    `code` is hadolint's or ShellCheck's where either has the rule, else the rule's name.
    """
    found = [_entry(file, finding) for file in report.files for finding in file.findings]
    found += [_failure(file, failure) for file in report.files for failure in file.failures]
    return found


def _entry(file: FileReport, finding: Finding) -> dict[str, Any]:
    place = position(file.text, finding.span.start if finding.span is not None else 0)
    rule = finding.rule
    return {
        "line": place.line,
        "column": place.column,
        "level": finding.severity.label,
        "code": next((code for code in rule.aliases if _CODE.fullmatch(code)), rule.name),
        "message": finding.message,
        "file": file.path,
    }


def _failure(file: FileReport, failure: str) -> dict[str, Any]:
    return {
        "line": 1,
        "column": 1,
        "level": "error",
        "code": UNFINISHED,
        "message": failure,
        "file": file.path,
    }
