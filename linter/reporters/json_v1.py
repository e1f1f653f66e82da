"""`--format json`, version 1 (spec): frozen. Fields are added, never changed or taken away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dockgate import __version__
from dockgate.linter.report import FileReport, ImageReport, Origin, Report
from dockgate.linter.reporters.place import failures, position, utf16
from dockgate.rules.finding import Edit, Finding, Fix, Severity
from dockgate.rules.subjects.text import Span, Text

VERSION = 1


def render(report: Report, *, statistics: bool = False) -> str:
    """The report as one JSON object, with `statistics` how often each rule fired in it too."""
    found = as_object(report)
    if statistics:
        found["statistics"] = _statistics(report)
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def as_object(report: Report) -> dict[str, Any]:
    """The report as plain values."""
    summary: dict[str, int] = {"files": len(report.files)}
    if report.images:
        summary["images"] = len(report.images)
    for severity in reversed(Severity):
        summary[severity.label] = report.count(severity)
    found: dict[str, Any] = {
        "version": VERSION,
        "tool": {"name": "dockgate", "version": __version__},
        "diagnostics": list(diagnostics(report)),
        "failures": [{"file": name, "message": failure} for name, failure in failures(report)],
        "summary": summary,
    }
    if report.verdict:
        found["verdict"] = report.verdict
        found["reasons"] = report.reasons
        found["digest"] = report.digest
    return found


def diagnostics(report: Report) -> Iterator[dict[str, Any]]:
    """The findings as plain values, those in files first."""
    for file in report.files:
        yield from (_in_file(file, finding) for finding in file.findings)
    for image in report.images:
        yield from (_in_image(image, finding) for finding in image.findings)


def _statistics(report: Report) -> list[dict[str, Any]]:
    from dockgate.linter.reporters.statistics import counts

    return [
        {
            "rule": row.rule,
            "severity": row.severity.label,
            "findings": row.findings,
            "files": row.files,
            "fixable": {"safe": row.safe, "unsafe": row.unsafe},
        }
        for row in counts(report)
    ]


def _in_file(file: FileReport, finding: Finding) -> dict[str, Any]:
    span = finding.span if finding.span is not None else Span(0, 0)
    start, end = position(file.text, span.start), position(file.text, span.end)
    return {
        "file": file.path,
        **_common(finding),
        "range": _range(file.text, span),
        "line": start.line,
        "column": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "stage": finding.stage.label if finding.stage is not None else None,
        "help": finding.help,
        "fixes": [_fix(file.text, fix) for fix in finding.fixes if not file.reveals(fix)],
    }


def _in_image(image: ImageReport, finding: Finding) -> dict[str, Any]:
    return {
        "image": image.name,
        "layer": finding.layer,
        "path": finding.path,
        **_common(finding),
        "origin": _origin(image.origin(finding)),
        "details": dict(finding.details),
        "help": finding.help,
        "fixes": [],
    }


def _origin(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    return {
        "instruction": origin.instruction,
        "file": origin.file or None,
        "line": origin.line or None,
        "baseImage": origin.base or None,
    }


def _common(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.name,
        "severity": finding.severity.label,
        "message": finding.message,
        "aliases": list(finding.rule.aliases),
        "url": finding.rule.url,
    }


def _fix(text: Text, fix: Fix) -> dict[str, Any]:
    return {
        "title": fix.title,
        "applicability": "safe" if fix.safe else "unsafe",
        "edits": [_edit(text, edit) for edit in fix.edits],
    }


def _edit(text: Text, edit: Edit) -> dict[str, Any]:
    return {"range": _range(text, edit.span), "newText": edit.text}


def _range(text: Text, span: Span) -> dict[str, dict[str, int]]:
    (line, character), (end_line, end_character) = utf16(text, span.start), utf16(text, span.end)
    return {
        "start": {"line": line, "character": character},
        "end": {"line": end_line, "character": end_character},
    }
