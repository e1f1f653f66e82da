"""How often each rule fired: `--statistics`."""

from __future__ import annotations

from typing import NamedTuple

from dockgate.linter.fingerprint import rule_name
from dockgate.linter.report import FileReport, ImageReport, Report
from dockgate.rules.rule import Severity


class Count(NamedTuple):
    """The findings of one rule that are equally bad."""

    rule: str  #: ShellCheck's by their own codes
    severity: Severity
    findings: int
    files: int  #: and images: in how many of them
    safe: int  #: findings that --fix mends
    unsafe: int  #: findings that only --unsafe-fixes mends


def counts(report: Report) -> list[Count]:
    """One for each rule and severity, the most frequent first."""
    found: dict[tuple[str, Severity], list[int]] = {}
    parts: list[FileReport | ImageReport] = [*report.files, *report.images]
    for part in parts:
        met = set()
        for finding in part.findings:
            key = rule_name(finding), finding.severity
            row = found.setdefault(key, [0, 0, 0, 0])
            safe = any(fix.safe for fix in finding.fixes)
            row[0] += 1
            row[1] += key not in met
            row[2] += safe
            row[3] += bool(finding.fixes) and not safe
            met.add(key)
    rows = [Count(name, severity, *row) for (name, severity), row in found.items()]
    return sorted(rows, key=lambda row: (-row.findings, -row.severity, row.rule))
