"""`--format text`: for people. A line that editors can jump to, the code, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.linter.report import FileReport, ImageReport, Report
from dockgate.linter.reporters.frame import fix_diff, frame, shown
from dockgate.linter.reporters.place import failures, position
from dockgate.rules.finding import Finding, Severity

_CODES = {
    "bold": "1",
    "dim": "2",
    "error": "1;31",
    "warning": "1;33",
    "info": "1;34",
    "style": "1;36",
    "help": "1;32",
    "-": "31",
    "+": "32",
    "accepted": "1;32",
    "refused": "1;31",
    "undecided": "1;33",
}
AGAIN = 5  #: reasons of a verdict that say again what a finding above them says


class _Painter:
    """Colours, or none."""

    __slots__ = ("on",)

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, style: str, text: str) -> str:
        return f"\033[{_CODES[style]}m{text}\033[0m" if self.on and text else text


def render(
    report: Report,
    *,
    color: bool = False,
    brief: bool = False,
    statistics: bool = False,
    columns: int | None = None,
) -> str:
    """The report as text.

    `brief`: one line a finding, no code, no summary. `statistics`: how often each rule fired
    instead of the findings. `columns`: of the terminal; None where it is none.
    """
    paint = _Painter(color)
    blocks: list[str] = []
    if statistics:
        blocks += _statistics(report, paint)
    else:
        for file in report.files:
            blocks += (_in_file(file, finding, paint, brief) for finding in file.findings)
        for image in report.images:
            blocks += _in_image(image, paint, brief, columns)
    blocks += (
        f"{paint('bold', shown(name))} {paint('error', 'undecided')} {shown(failure)}\n"
        for name, failure in failures(report)
    )
    if not brief:
        blocks.append(_summary(report))
    blocks += _verdict(report, paint)
    return "".join(blocks)


def _in_file(file: FileReport, finding: Finding, paint: _Painter, brief: bool) -> str:
    start = finding.span.start if finding.span is not None else 0
    line, column = position(file.text, start)
    head = _head(f"{shown(file.path)}:{line}:{column}", finding, paint)
    if brief:
        return head
    return head + "".join(f"{row.rstrip()}\n" for row in _body(file, finding, paint)) + "\n"


def _head(place: str, finding: Finding, paint: _Painter) -> str:
    label = finding.severity.label
    rule = paint("bold", finding.rule.name)
    return f"{paint('bold', place)} {paint(label, label)} {rule} {shown(finding.message)}\n"


def _body(file: FileReport, finding: Finding, paint: _Painter) -> Iterator[str]:
    rows = list(frame(file.text, finding.span)) if finding.span is not None else []
    margin = max((len(number) for number, _, _ in rows), default=0)
    gutter = " " * margin + " " + paint("dim", "|")
    for index, (number, source, marks) in enumerate(rows):
        yield f"{paint('dim', f'{number:>{margin}} |')} {source}"
        if marks and (len(rows) == 1 or index in (0, len(rows) - 1) or source):
            yield f"{gutter} {paint(finding.severity.label, marks)}"
    pad = " " * (margin + 1)
    if finding.help:
        yield f"{pad}{paint('help', 'help:')} {shown(finding.help)}"
    for fix in finding.fixes:
        if file.reveals(fix):
            continue
        safety = "" if fix.safe else " (unsafe fix)"
        yield f"{pad}{paint('help', 'fix:')} {shown(fix.title)}{safety}"
        for sign, line in fix_diff(file.text, fix):
            row = f"{sign} {line}"
            yield f"{pad}  {paint(sign, row) if sign in _CODES else row}"
    if not finding.help and not finding.fixes:
        yield f"{pad}{paint('help', 'help:')} dockgate explain {finding.rule.name}"


def _in_image(
    image: ImageReport, paint: _Painter, brief: bool, columns: int | None
) -> Iterator[str]:
    from dockgate.linter.reporters import image_text

    if brief:
        return (image_text.head(image, finding, paint) for finding in image.findings)
    return image_text.blocks(image, paint, columns)


def _statistics(report: Report, paint: _Painter) -> Iterator[str]:
    from dockgate.linter.reporters.statistics import counts

    rows = counts(report)
    width = max((len(row.rule) for row in rows), default=0)
    for row in rows:
        label = row.severity.label
        files = f"{row.files} {_plural('file', row.files)}"
        tail = f"in {files}{_mendable(row.safe, row.unsafe)}"
        yield f"{row.findings:>6} {paint(label, f'{label:<7}')} {row.rule:<{width}}  {tail}\n"


def _summary(report: Report) -> str:
    parts = []
    for severity in reversed(Severity):
        count = report.count(severity)
        if count:
            countable = severity >= Severity.WARNING
            noun = _plural(severity.label, count) if countable else severity.label
            parts.append(f"{count} {noun}")
    places = []
    if report.files or not report.images:
        places.append(f"{len(report.files)} {_plural('file', len(report.files))}")
    if report.images:
        places.append(f"{len(report.images)} {_plural('image', len(report.images))}")
    found = ", ".join(parts) or "no findings"
    return f"{found} in {' and '.join(places)}{_fixable(report)}\n"


def _fixable(report: Report) -> str:
    safe = sum(1 for f in report.findings if any(fix.safe for fix in f.fixes))
    unsafe = sum(1 for f in report.findings if f.fixes and not any(fix.safe for fix in f.fixes))
    return _mendable(safe, unsafe)


def _mendable(safe: int, unsafe: int) -> str:
    parts = [f"{safe} fixable with --fix"] if safe else []
    if unsafe:
        parts.append(f"{unsafe}{'' if safe else ' fixable'} with --unsafe-fixes")
    return f" ({', '.join(parts)})" if parts else ""


def _verdict(report: Report, paint: _Painter) -> Iterator[str]:
    if report.verdict:
        digest = f" {shown(report.digest)}" if report.digest else ""
        yield f"{paint(report.verdict, report.verdict)}{digest}\n"
        yield from (f"  {shown(reason)}\n" for reason in _reasons(report))


def _reasons(report: Report) -> list[str]:
    """The verdict's reasons; of those that only say again what stands above, not too many."""
    from dockgate.linter.reporters import rows

    new = {row.message for row in rows.reasons(report)}
    again = [reason for reason in report.reasons if reason not in new]
    if len(again) <= AGAIN + 1:
        return report.reasons
    left = set(again[AGAIN:])
    told = [reason for reason in report.reasons if reason not in left]
    return [*told, f"and {len(again) - AGAIN} more of the findings above"]


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
