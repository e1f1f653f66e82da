"""The findings: a section for each file and image, an article for each finding."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.linter.report import FileReport, ImageReport, Report
from dockgate.linter.reporters.frame import fix_diff, marked, neighbours
from dockgate.linter.reporters.html.escape import escaped, glyphs, prose
from dockgate.linter.reporters.place import made_by, position
from dockgate.linter.reporters.summary import Part, counted, name_of, parts, rule_name
from dockgate.rules.rule import Finding, Fix
from dockgate.rules.subjects.text import Span, Text

NEIGHBOURS = 2  #: lines of the file before and after a finding's own

_TAGS = {"-": "del", "+": "ins"}


def sections(report: Report) -> Iterator[str]:
    """Every file and image of which there is something to say."""
    number = 0
    for place, part in enumerate(parts(report), 1):
        if not part.findings and not part.failures:
            continue
        yield f'<section class="part" id="p{place}">\n'
        yield f'<h2>{escaped(name_of(part))}</h2>\n<p class="sum">'
        yield f"{escaped(counted(part.findings))}</p>\n"
        if isinstance(part, ImageReport) and part.digest != report.digest:
            yield f'<p class="digest"><code>{escaped(part.digest)}</code></p>\n'
        for failure in part.failures:
            yield f'<p class="failure"><strong>undecided</strong> {escaped(failure)}</p>\n'
        for finding in part.findings:
            number += 1
            yield _finding(part, finding, number)
        yield "</section>\n"


def _finding(part: Part, finding: Finding, number: int) -> str:
    level, name = finding.severity.label, escaped(rule_name(finding))
    rule, url = name, finding.rule.url
    if url:
        rule = f'<a href="{escaped(url)}" rel="noreferrer">{name}</a>'
    place = f'<a href="#f{number}">{_place(part, finding)}</a>'
    if finding.layer:
        place += f"<br>layer {escaped(finding.layer)}"
    if isinstance(part, ImageReport) and (origin := part.origin(finding)) is not None:
        place += f"<br>made by {escaped(made_by(origin))}"
    about = rule
    if finding.stage is not None and not finding.stage.label.isdigit():
        about += f" · stage {escaped(finding.stage.label)}"
    if finding.rule.why:
        about += f'<span> · <a href="#why-{name.replace(" ", "-")}">why</a></span>'
    return "".join(
        (
            f'<article class="{level}" id="f{number}" data-rule="{name}">\n',
            f"<h3><span>{level}</span> {escaped(finding.message)}</h3>\n",
            f'<p class="about">{about}</p>\n',
            f'<p class="at">{place}</p>\n',
            *(_in_file(part, finding) if isinstance(part, FileReport) else _help(finding)),
            "</article>\n",
        )
    )


def _place(part: Part, finding: Finding) -> str:
    name = escaped(name_of(part))
    if isinstance(part, ImageReport):
        path = finding.path
        return f"{name}:/{escaped(path.lstrip('/'))}" if path else name
    line, column = position(part.text, finding.span.start if finding.span is not None else 0)
    return f"{name}:{line}:{column}"


def _in_file(file: FileReport, finding: Finding) -> Iterator[str]:
    if finding.span is not None:
        yield _frame(file.text, finding.span)
    yield from _help(finding)
    for fix in finding.fixes:
        if file.reveals(fix):
            yield '<p class="help"><b>Fix</b> not shown: it holds a secret of the file</p>\n'
        else:
            yield _fix(file.text, fix)


def _help(finding: Finding) -> Iterator[str]:
    if finding.help:
        yield f'<p class="help"><b>Help</b> {prose(finding.help)}</p>\n'


def _frame(text: Text, span: Span) -> str:
    """The span's lines with the span marked, between their neighbours."""
    above, below = neighbours(text, span, NEIGHBOURS)
    rows = list(marked(text, span))
    margin = max(len(number) for number, *_ in [*above, *rows, *below])
    lines = []
    for number, before, within, after in rows:
        if not within and span.start == span.end:
            mark = '<mark class="point"></mark>'
        else:
            mark = f"<mark>{glyphs(within)}</mark>" if within else ""
        lines.append(f"{_number(number, margin)}{glyphs(before)}{mark}{glyphs(after.rstrip())}")
    return (
        f"<pre>{_dimmed(above, margin)}{chr(10).join(lines)}{_dimmed(below, margin, True)}</pre>\n"
    )


def _dimmed(rows: list[tuple[str, str]], margin: int, below: bool = False) -> str:
    """Neighbours with the line end that keeps them apart from the span's lines."""
    if not rows:
        return ""
    lines = "\n".join(f"{_number(number, margin)}{glyphs(source)}" for number, source in rows)
    return f"\n<span>{lines}</span>" if below else f"<span>{lines}</span>\n"


def _number(number: str, margin: int) -> str:
    return f"<i>{number:>{margin}}</i>"


def _fix(text: Text, fix: Fix) -> str:
    safety = "Fix" if fix.safe else "Unsafe fix"
    rows = []
    for sign, line in fix_diff(text, fix):
        tag = _TAGS.get(sign, "span")
        rows.append(f"<{tag}><i>{sign}</i>{glyphs(line)}</{tag}>")
    return (
        f'<p class="help"><b>{safety}</b> {escaped(fix.title)}</p>\n'
        f'<pre class="diff">{"".join(rows)}</pre>\n'
    )
