"""`--format markdown`: a summary for a job's page on GitHub or a comment on GitLab.

Lists and not tables hold what others wrote: a `|` has no meaning in a list. Names are code spans;
prose is escaped so that it forms no markup, link, mention or reference to an issue. The worst
comes first, and what no longer fits is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate import __version__
from dockgate.linter.report import FileReport, ImageReport, Report
from dockgate.linter.reporters.frame import shown
from dockgate.linter.reporters.place import failures, made_by, position
from dockgate.linter.reporters.summary import (
    Part,
    checked,
    counted,
    counts,
    name_of,
    noun,
    outcome,
    parts,
    rule_name,
)
from dockgate.rules.rule import Finding

#: Bytes of the whole. A job summary on GitHub may have 1 MiB, a comment on GitLab a million
#: characters.
MAX_BYTES = 1_000_000
MAX_TEXT = 400  #: characters of one message, name or reason
OPEN_PARTS = 3  #: files up to which all findings are seen at once
SHORT_DIGEST = 19  #: `sha256:` and twelve digits

_ENDING = 1_000  #: bytes kept for the lines that count what is left out
_CLOSED = "\n</details>\n\n"
_HEADINGS = {"clean": "no findings", "empty": "nothing was checked"}
_BREAK = "&#8203;"  #: a zero-width space: a name after `@` is no mention with it


def render(report: Report) -> str:
    """The summary, at most `MAX_BYTES` long."""
    page = _Page(MAX_BYTES - _ENDING)
    page.add("".join(_head(report)))
    _list(page, [prose(reason) for reason in report.reasons], "reasons")
    unfinished = [f"{code(name)} {prose(failure)}" for name, failure in failures(report)]
    if unfinished:
        page.add("**Could not be finished**, so there may be more to find:\n\n")
        _list(page, unfinished, "of these")
    found = sorted(
        (part for part in parts(report) if part.findings),
        key=lambda part: -max(finding.severity for finding in part.findings),
    )
    _findings(page, found)
    page.end(f"dockgate {__version__}\n")
    return page.text


class _Page:
    """Text up to a number of bytes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._pieces: list[str] = []

    def add(self, piece: str) -> bool:
        """Whether `piece` fitted and was added."""
        size = len(piece.encode())
        if size > self._room:
            return False
        self._room -= size
        self._pieces.append(piece)
        return True

    def fitting(self, pieces: list[str]) -> int:
        """How many of `pieces`, from the first, there is room for."""
        room = self._room
        for index, piece in enumerate(pieces):
            room -= len(piece.encode())
            if room < 0:
                return index
        return len(pieces)

    def end(self, piece: str) -> None:
        """Add one of the lines that there is always room for."""
        self._pieces.append(piece)

    @property
    def text(self) -> str:
        return "".join(self._pieces)


def _head(report: Report) -> Iterator[str]:
    word = outcome(report)
    heading = _HEADINGS.get(word, word)
    if word == "findings":
        heading = noun(len(report.findings), "finding")
    yield f"### dockgate: {heading}\n\n"
    if report.digest:
        yield f"{code(report.digest)}\n\n"
    yield f"{counted(report.findings).capitalize()} in {checked(report)}.\n\n"
    found = counts(report.findings)
    if found:
        yield f"| {' | '.join(level.label for level, _ in found)} |\n"
        yield f"|{' ---: |' * len(found)}\n"
        yield f"| {' | '.join(str(count) for _, count in found)} |\n\n"


def _list(page: _Page, items: list[str], what: str) -> None:
    for index, item in enumerate(items):
        if not page.add(f"- {item}\n"):
            page.end(f"- … and {len(items) - index} more {what}, not shown\n")
            break
    if items:
        page.end("\n")


def _findings(page: _Page, found: list[Part]) -> None:
    opened = " open" if len(found) <= OPEN_PARTS else ""
    left = sum(len(part.findings) for part in found)
    for index, part in enumerate(found):
        head = (
            f"<details{opened}><summary>{_html_code(name_of(part))}: "
            f"{counted(part.findings)}</summary>\n\n"
        )
        items = [_item(part, finding) for finding in part.findings]
        if page.add(f"{head}{''.join(items)}{_CLOSED}"):
            left -= len(items)
            continue
        fitting = page.fitting([head + items[0] + _CLOSED, *items[1:]])
        if fitting:
            page.end(head + "".join(items[:fitting]) + _CLOSED)
        left -= fitting
        places = noun(len(found) - index, "place")
        page.end(
            f"**{noun(left, 'more finding')}** in {places} not shown: they do not fit into a "
            "summary. The formats text, json and html have them all.\n\n"
        )
        return


def _item(part: Part, finding: Finding) -> str:
    name, url = prose(rule_name(finding)), finding.rule.url
    rule = f"[{name}](<{_destination(url)}>)" if url else name
    help_ = f"<br>{prose(finding.help)}" if finding.help else ""
    place = f" {where}" if (where := _place(part, finding)) else ""
    made = ""
    if isinstance(part, ImageReport) and (origin := part.origin(finding)) is not None:
        made = f"<br>made by: {code(made_by(origin))}"
    return f"- **{finding.severity.label}**{place} {rule}: {prose(finding.message)}{made}{help_}\n"


def _place(part: Part, finding: Finding) -> str:
    if isinstance(part, FileReport):
        line, column = position(part.text, finding.span.start if finding.span is not None else 0)
        return f"{line}:{column}"
    words = [code(f"/{finding.path.lstrip('/')}")] if finding.path else []
    if finding.layer:
        words.append(f"in layer {code(finding.layer[:SHORT_DIGEST])}")
    return " ".join(words)


def prose(text: str) -> str:
    """`text` as words of a line that mean nothing to Markdown, GitHub or GitLab."""
    words = _clipped(text)
    broken = re.sub(r"[@#!~%$&^\[{](?=\S)|:(?=//|[\w+-]+:)|www(?=\.)|GH(?=-)", "\\g<0>\0", words)
    escaped = re.sub(r"[\\`*_{}\[\]<>#!|~&$@^]", lambda m: f"&#{ord(m[0])};", broken)
    lead = "" if words[:1].isalpha() else _BREAK  # a list or a heading may begin with it
    return lead + escaped.replace("\0", _BREAK)


def code(text: str) -> str:
    """`text` as a code span: no markup, mention or link is looked for in it."""
    words = _clipped(text)
    longest = max(map(len, re.findall("`+", words)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if not words or words[0] in "` " or words[-1] in "` " else ""
    return f"{fence}{pad}{words}{pad}{fence}"


def _html_code(text: str) -> str:
    from html import escape

    return f"<code>{escape(_clipped(text))}</code>"


def _destination(url: str) -> str:
    from urllib.parse import quote

    return quote(shown(url), safe="/:#?=%+,;~").replace("&", "%26")


def _clipped(text: str) -> str:
    return shown(text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…")
