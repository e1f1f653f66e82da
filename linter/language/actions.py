"""What an editor offers to do at a place: fixes, and comments that ignore."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from dockgate.linter import fixes
from dockgate.linter.language import ignores
from dockgate.linter.language.analysis import Analysis
from dockgate.linter.run import Scope
from dockgate.rules.rule import Edit, Finding, Fix
from dockgate.rules.subjects.text import Span

QUICK_FIX = "quickfix"
FIX_ALL = "source.fixAll.dockgate"

#: Past so many lines between the first and the last that changed they are one edit.
MAX_COMPARED_LINES = 5000


class Action(NamedTuple):
    """A change with a title."""

    title: str
    kind: str
    edits: tuple[Edit, ...]
    finding: Finding  #: what it is about
    preferred: bool = False


def quick_fixes(analysis: Analysis, span: Span) -> list[Action]:
    """The fixes of the findings that touch a span, the safe ones first, then the ignores."""
    return list(_quick_fixes(analysis, span))


def _quick_fixes(analysis: Analysis, span: Span) -> Iterator[Action]:
    found = analysis.findings_in(span)
    offered = [(finding, fix) for finding in found for fix in finding.fixes]
    for finding, fix in sorted(offered, key=lambda pair: not pair[1].safe):
        yield Action(_title(analysis, fix), QUICK_FIX, fix.edits, finding, fix.safe)
    seen: set[tuple[str, int]] = set()
    for finding in found:
        if not ignores.can_ignore(analysis, finding):
            continue
        name = finding.rule.name
        for title, edit in (
            (f"Ignore {name} here, with a reason", ignores.ignore_here(analysis, finding)),
            (f"Ignore {name} in this file", ignores.ignore_in_file(analysis, finding)),
        ):
            if edit is not None and (title, edit.span.start) not in seen:
                seen.add((title, edit.span.start))
                yield Action(title, QUICK_FIX, (edit,), finding)


def has_safe_fix(analysis: Analysis) -> bool:
    """Whether `fix_all` may have anything to do."""
    return any(fix.safe for finding in analysis.report.findings for fix in finding.fixes)


def fix_all(analysis: Analysis) -> tuple[tuple[Edit, ...], str]:
    """What makes of the text that which `dockgate lint --fix` does, and why it is not better.

    Safe fixes only. Lints several times.
    """
    fixed = fixes.fix(
        analysis.buffer.data, analysis.path, analysis.config, unsafe=False, scope=Scope()
    )
    return tuple(changes(analysis.buffer.text, fixed.data.decode("utf-8"))), fixed.failure


def changes(before: str, after: str) -> Iterator[Edit]:
    """Edits, line by line, that make `after` of `before`."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    at = sum(map(len, old[:head]))
    if max(len(old_middle), len(new_middle)) > MAX_COMPARED_LINES:
        yield Edit(Span(at, at + sum(map(len, old_middle))), "".join(new_middle))
        return
    for kind, i, j, k, m in SequenceMatcher(None, old_middle, new_middle, False).get_opcodes():
        length = sum(map(len, old_middle[i:j]))
        if kind != "equal":
            yield Edit(Span(at, at + length), "".join(new_middle[k:m]))
        at += length


def _title(analysis: Analysis, fix: Fix) -> str:
    title = analysis.report.redacted(fix.title)
    return title if fix.safe else f"{title} (unsafe: may change what the image does)"
