"""A report as rows, for flat formats: its findings, and what keeps the run from a success."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.linter.report import FileReport, ImageReport, Origin, Report
from dockgate.linter.reporters.place import failures, position
from dockgate.rules.finding import Finding, Severity
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.text import Position, Span

#: In the place of a rule's name, where something could not be finished: the run is undecided.
UNFINISHED = "unfinished"

_START = Position(1, 1)


class Row(NamedTuple):
    """A finding, a failure, or a reason of the verdict that neither of them tells."""

    where: str  #: the file or the image, as given; of a reason the image, or the verdict
    inside: str  #: the path in an image, with its leading slash
    start: Position  #: from 1, in code points; 1:1 where there is none
    end: Position  #: exclusive
    severity: Severity
    rule: str  #: a rule's name; UNFINISHED; of a reason the verdict
    message: str
    finding: Finding | None = None
    file: FileReport | None = None
    image: ImageReport | None = None

    @property
    def origin(self) -> Origin | None:
        """What made the layer that a finding is in, where that is known."""
        if self.image is None or self.finding is None:
            return None
        return self.image.origin(self.finding)

    @property
    def place(self) -> str:
        """Where it is, in one word: `Dockerfile:2:6`, `app:1.0:/etc/shadow`, `app:1.0`."""
        if self.file is not None:
            return f"{self.where}:{self.start.line}:{self.start.column}"
        return f"{self.where}:{self.inside}" if self.inside else self.where


def rows(report: Report) -> Iterator[Row]:
    """All rows: each file with its findings and failures, each image likewise, then reasons."""
    for file in report.files:
        yield from rows_of_file(file)
    for image in report.images:
        yield from rows_of_image(image)
    yield from reasons(report)


def rows_of_file(file: FileReport) -> Iterator[Row]:
    """The findings of a file in their order, then what could not be finished."""
    for finding in file.findings:
        start, end = span(file, finding)
        yield Row(
            file.path,
            "",
            position(file.text, start),
            position(file.text, end),
            finding.severity,
            finding.rule.name,
            finding.message,
            finding,
            file,
        )
    for failure in file.failures:
        yield Row(file.path, "", _START, _START, Severity.ERROR, UNFINISHED, failure, None, file)


def rows_of_image(image: ImageReport) -> Iterator[Row]:
    """The findings of an image in their order, then what could not be finished."""
    for finding in image.findings:
        inside = "/" + finding.path.lstrip("/") if finding.path else ""
        yield Row(
            image.name,
            inside,
            _START,
            _START,
            finding.severity,
            finding.rule.name,
            finding.message,
            finding,
            None,
            image,
        )
    for failure in image.failures:
        yield Row(
            image.name, "", _START, _START, Severity.ERROR, UNFINISHED, failure, None, None, image
        )


def reasons(report: Report) -> Iterator[Row]:
    """What the verdict has against the image beside findings and failures: a limit of the policy.

    Of an undecided run without any failure, at least the verdict itself.
    """
    if report.verdict in ("", "accepted"):
        return
    told = {f"{finding.rule.name}: {finding.message}" for finding in report.findings}
    told |= {failure for _, failure in failures(report)}
    where = report.images[0].name if len(report.images) == 1 else report.verdict
    left = [reason for reason in report.reasons if not _ends_with_any(reason, told)]
    if not left and not report.reasons:
        left = [report.verdict]
    for reason in left:
        yield Row(where, "", _START, _START, Severity.ERROR, report.verdict, reason)


def _ends_with_any(reason: str, told: set[str]) -> bool:
    """Whether a reason only says again, after a place, what has been told."""
    while reason not in told:
        _, separator, reason = reason.partition(": ")
        if not separator:
            return False
    return True


def span(file: FileReport, finding: Finding) -> Span:
    """Where a finding is in its file: within the text, also if it has no place of its own."""
    if finding.span is None:
        return Span(0, 0)
    size = len(file.text.text)
    return Span(min(finding.span.start, size), min(finding.span.end, size))
