"""`--format junit`: JUnit's XML, as Jenkins' schema has it: a suite a file, a test a finding.

Errors and warnings are failures; infos and matters of style are skipped tests, so that they are
seen and break nothing; what could not be finished is an error. The names of tests hold no line:
they stay the same when lines move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from dockgate.linter.report import Report
from dockgate.linter.reporters.place import made_by
from dockgate.linter.reporters.rows import Row, rows_of_file, rows_of_image
from dockgate.linter.reporters.xml import DECLARATION, element, escaped
from dockgate.rules.finding import Severity

_OUTCOMES = {
    Severity.ERROR: "failure",
    Severity.WARNING: "failure",
    Severity.INFO: "skipped",
    Severity.STYLE: "skipped",
}
_OF_VERDICT = {"refused": "failure", "undecided": "error"}


class _Case:
    """A test: passed where `outcome` is empty."""

    __slots__ = ("message", "name", "outcome", "text", "type")

    def __init__(
        self, name: str, outcome: str = "", type: str = "", message: str = "", text: str = ""
    ) -> None:
        self.name = name
        self.outcome = outcome
        self.type = type
        self.message = message
        self.text = text


def render(report: Report) -> str:
    """The suites: of files, of images, and of the verdict where there is one."""
    suites = [(file.path, _cases(rows_of_file(file))) for file in report.files]
    suites += [(image.name, _cases(rows_of_image(image))) for image in report.images]
    if report.verdict:
        suites.append(("verdict", [_verdict(report)]))
    everything = [case for _, cases in suites for case in cases]
    counts = _counts(everything)
    del counts["skipped"]  # the schema has it of a suite only
    attributes = {"name": "dockgate", **counts}
    return DECLARATION + element("testsuites", attributes, map(_suite, suites))


def _cases(rows: Iterable[Row]) -> list[_Case]:
    seen: Counter[str] = Counter()
    cases = []
    for row in rows:
        seen[row.rule] += 1
        again = seen[row.rule]
        name = row.rule if again == 1 else f"{row.rule} #{again}"
        outcome = _OUTCOMES[row.severity] if row.finding is not None else "error"
        text = f"{row.place}: {row.severity.label} {row.rule}\n{row.message}\n"
        if row.finding is not None:
            text += "".join(
                f"{line}\n" for line in (_made(row), row.finding.help, row.finding.rule.url) if line
            )
        cases.append(_Case(name, outcome, row.severity.label, f"{row.place}: {row.message}", text))
    return cases or [_Case("no findings")]


def _made(row: Row) -> str:
    return f"made by: {made_by(row.origin)}" if row.origin is not None else ""


def _verdict(report: Report) -> _Case:
    outcome = _OF_VERDICT.get(report.verdict, "")
    text = "".join(f"{reason}\n" for reason in report.reasons) if outcome else ""
    return _Case("verdict", outcome, report.verdict, f"{report.verdict} {report.digest}", text)


def _suite(suite: tuple[str, list[_Case]]) -> str:
    name, cases = suite
    return element("testsuite", {"name": name, **_counts(cases)}, (_case(c, name) for c in cases))


def _case(case: _Case, suite: str) -> str:
    children = []
    if case.outcome:
        attributes = {"type": case.type, "message": case.message.strip()}
        children.append(element(case.outcome, attributes, [escaped(case.text)]))
    return element("testcase", {"name": case.name, "classname": suite}, children)


def _counts(cases: list[_Case]) -> dict[str, object]:
    found = Counter(case.outcome for case in cases)
    return {
        "tests": len(cases),
        "failures": found["failure"],
        "errors": found["error"],
        "skipped": found["skipped"],
    }
