"""The code frame below a finding: its lines, numbered, with the exact span underlined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockgate.rules.finding import Fix
from dockgate.rules.subjects.text import Span, Text

MAX_FRAME_LINES = 6  #: of one span; more are cut in the middle
MAX_FRAME_WIDTH = 110  #: columns of source in one line; a longer one is cut around its span
MAX_DIFF_LINES = 12
TAB = "    "
CUT = "..."


def shown(text: str) -> str:
    """`text` in one line that cannot steer a terminal: what does not print is escaped."""
    return text if text.isprintable() else "".join(map(glyph, text))


def glyph(char: str) -> str:
    """What is shown for a character: a tab as blanks, control characters and such escaped."""
    if char == "\t":
        return TAB
    if char.isprintable():
        return char
    if "\udc80" <= char <= "\udcff":  # a byte that was not UTF-8
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape", "surrogatepass").decode()


def width(text: str) -> int:
    """The columns that printable `text` takes: 2 for a wide character, 0 for a combining one."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)


def frame(text: Text, span: Span) -> Iterator[tuple[str, str, str]]:
    """(line number, source, underline) for every line of the span."""
    for number, before, within, after in marked(text, span):
        if number == CUT:
            yield CUT, "", ""
            continue
        marks = "^" * max(width(within), 1)
        yield number, (before + within + after).rstrip(), " " * width(before) + marks


def marked(text: Text, span: Span) -> Iterator[tuple[str, str, str, str]]:
    """(line number, before, in, after the span) for every line of it, as they may be shown."""
    first, last = _lines(text, span)
    for number in _numbers(first, last):
        if number is None:
            yield CUT, "", "", ""
            continue
        line = text.line_span(number)
        start, end = max(span.start, line.start), min(span.end, line.end)
        if number != first:  # indentation is not what is meant
            covered = text[Span(start, end)]
            start += len(covered) - len(covered.lstrip())
        before, within, after = _cut(text, line, start, max(end, start))
        head = "".join(map(glyph, before)).removeprefix("\\ufeff")
        yield str(number), head, "".join(map(glyph, within)), "".join(map(glyph, after))


def neighbours(
    text: Text, span: Span, count: int
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(line number, source) of up to `count` lines before the span, and after it."""
    first, last = _lines(text, span)
    end = len(text.starts)
    if text.starts[-1] == len(text.text):  # what follows the last line end is no line
        end -= 1
    above = range(max(first - count, 1), first)
    below = range(last + 1, min(last + count, end) + 1)
    return [_whole(text, n) for n in above], [_whole(text, n) for n in below]


def _whole(text: Text, number: int) -> tuple[str, str]:
    start, end = text.line_span(number)
    cut = CUT if end - start > MAX_FRAME_WIDTH else ""
    source = "".join(map(glyph, text[Span(start, min(end, start + MAX_FRAME_WIDTH))]))
    return str(number), source.removeprefix("\\ufeff") + cut


def _lines(text: Text, span: Span) -> tuple[int, int]:
    return text.position(span.start).line, text.position(max(span.end - 1, span.start)).line


def _numbers(first: int, last: int) -> Iterable[int | None]:
    if last - first < MAX_FRAME_LINES:
        return range(first, last + 1)
    head = MAX_FRAME_LINES // 2
    return [*range(first, first + head), None, *range(last - head + 2, last + 1)]


def _cut(text: Text, line: Span, start: int, end: int) -> tuple[str, str, str]:
    """What stands before, in and after the span, not more than fits into a frame."""
    before = text[Span(max(line.start, start - MAX_FRAME_WIDTH), start)]
    within = text[Span(start, min(end, start + MAX_FRAME_WIDTH))]
    after = text[Span(end, min(line.end, end + MAX_FRAME_WIDTH))]
    if line.end - line.start <= MAX_FRAME_WIDTH:
        return before, within, after
    if end - start > MAX_FRAME_WIDTH:
        within = within[: MAX_FRAME_WIDTH - len(CUT)] + CUT
        after = ""
    room = max(MAX_FRAME_WIDTH - len(within), 20)
    lead = min(len(before), max(room // 2, room - len(after)))
    if start - lead > line.start:
        before = CUT + before[len(before) - lead :]
    if len(after) > room - lead:
        after = after[: max(room - lead, 0)] + CUT
    return before, within, after


def fix_diff(text: Text, fix: Fix) -> Iterator[tuple[str, str]]:
    """("-" or "+", line) for the lines that a fix changes, cut where it is long."""
    lines = list(_changes(text, fix))
    for sign, line in lines[:MAX_DIFF_LINES]:
        source = line[:MAX_FRAME_WIDTH] + CUT if len(line) > MAX_FRAME_WIDTH else line
        yield sign, "".join(map(glyph, source)).rstrip()
    if len(lines) > MAX_DIFF_LINES:
        yield " ", CUT


def _changes(text: Text, fix: Fix) -> Iterator[tuple[str, str]]:
    """Groups of edits on the same lines, each as its old lines and its new ones."""
    group: list[tuple[int, int, str]] = []
    last = 0
    for edit in sorted(fix.edits):
        line = text.position(edit.span.start).line
        if group and line > last:
            yield from _change(text, group)
            group = []
        group.append((edit.span.start, edit.span.end, edit.text))
        last = max(last, text.position(edit.span.end).line)
    if group:
        yield from _change(text, group)


def _change(text: Text, edits: list[tuple[int, int, str]]) -> Iterator[tuple[str, str]]:
    first, last = text.position(edits[0][0]).line, text.position(edits[-1][1]).line
    start, end = text.starts[first - 1], text.line_span(last).end
    parts, at = [], start
    for begin, stop, new in edits:
        parts += [text[Span(at, begin)], new]
        at = stop
    parts.append(text[Span(at, end)])
    old, new_lines = text[Span(start, end)].split("\n"), "".join(parts).split("\n")
    while old and new_lines and old[-1] == new_lines[-1]:
        old.pop()
        new_lines.pop()
    while old and new_lines and old[0] == new_lines[0]:
        old.pop(0)
        new_lines.pop(0)
    yield from (("-", line.rstrip("\r")) for line in old)
    yield from (("+", line.rstrip("\r")) for line in new_lines)
