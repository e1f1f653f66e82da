"""What a report says in one line: the words at the top of a page that is read by people."""

from __future__ import annotations

from collections.abc import Sequence

from dockgate.linter.engine import keys
from dockgate.linter.report import FileReport, ImageReport, Report
from dockgate.rules.rule import Finding, Severity

Part = FileReport | ImageReport


def parts(report: Report) -> list[Part]:
    """The files, then the images."""
    return [*report.files, *report.images]


def name_of(part: Part) -> str:
    """A file's path or an image's name."""
    return part.path if isinstance(part, FileReport) else part.name


def rule_name(finding: Finding) -> str:
    """The rule as a reader looks it up: `root-user`, `shellcheck SC2086`."""
    return " ".join(reversed(keys(finding.rule)))


def outcome(report: Report) -> str:
    """In one word: the verdict; of a lint "undecided", "findings", "clean", or "empty"."""
    if report.verdict:
        return report.verdict
    if report.failures:
        return "undecided"
    if not report.files and not report.images:
        return "empty"
    return "findings" if report.findings else "clean"


def counts(findings: Sequence[Finding]) -> list[tuple[Severity, int]]:
    """How many findings of each severity that there is, the worst first."""
    found = [(level, sum(f.severity == level for f in findings)) for level in reversed(Severity)]
    return [(level, count) for level, count in found if count]


def counted(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning, 3 info`; "no findings" for none."""
    return ", ".join(amount(level, count) for level, count in counts(findings)) or "no findings"


def amount(level: Severity, count: int) -> str:
    """`2 errors`, `3 info`."""
    return noun(count, level.label, level >= Severity.WARNING)


def checked(report: Report) -> str:
    """`2 files and 1 image`."""
    places = [noun(len(report.files), "file")] if report.files or not report.images else []
    if report.images:
        places.append(noun(len(report.images), "image"))
    return " and ".join(places)


def fixable(report: Report) -> tuple[int, int]:
    """How many findings have a safe fix, and how many an unsafe one only."""
    fixes = [[fix.safe for fix in finding.fixes] for finding in report.findings if finding.fixes]
    return sum(any(safe) for safe in fixes), sum(not any(safe) for safe in fixes)


def noun(count: int, word: str, countable: bool = True) -> str:
    """`1 file`, `2 files`."""
    return f"{count} {word}{'s' if countable and count != 1 else ''}"
