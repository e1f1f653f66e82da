"""Fixes: edits applied to text, and a file linted again until nothing is left to apply."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

from dockgate.linter.config import Config
from dockgate.linter.run import Scope, lint
from dockgate.rules.rule import Fix
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Text

MAX_FIX_ROUNDS = 10


class Fixed(NamedTuple):
    """A file after its fixes."""

    data: bytes
    applied: int  #: how many fixes
    failure: str  #: why it is not better, one line; "" when all went well


def apply(text: str, fixes: Iterable[Fix]) -> str:
    """`text` with the fixes' edits; a fix that touches another's place is left out whole.

    The same fixes in any order give the same text. Where lines end in CRLF, new ones do too.
    """
    return _apply(text, fixes)[0]


def fix_text(
    data: bytes, path: str, config: Config, unsafe: bool, scope: Scope | None = None
) -> bytes:
    """The file with every safe fix applied (`unsafe`: the others too); stable under itself."""
    return fix(data, path, config, unsafe=unsafe, scope=scope or Scope()).data


def fix(data: bytes, path: str, config: Config, *, unsafe: bool, scope: Scope) -> Fixed:
    """As `fix_text`, with what happened. Bytes that no fix covers stay as they are.

    A round whose result no longer parses is thrown away: nothing after it is applied.
    """
    applied = 0
    report, dockerfile = lint(data, path, config, scope)
    for _ in range(MAX_FIX_ROUNDS):
        if dockerfile is None:
            return Fixed(data, applied, "")
        fixes = [f for finding in report.findings for f in finding.fixes if f.safe or unsafe]
        source = dockerfile.text.text  # the report's text has its secrets masked
        text, count = _apply(source, fixes)
        if text == source:
            return Fixed(data, applied, "")
        changed = Text(text, path).encode()
        report, after = lint(changed, path, config, scope)
        if after is None or _broken(after) > _broken(dockerfile):
            titles = ", ".join(sorted({f.title for f in fixes}))
            return Fixed(data, applied, f"a fix breaks the file and is not applied: {titles}")
        data, dockerfile = changed, after
        applied += count
    return Fixed(data, applied, f"fixes did not settle in {MAX_FIX_ROUNDS} rounds")


def unified_diff(before: Text, after: Text) -> str:
    """The change as a unified diff, "" where there is none."""
    from difflib import unified_diff as diff

    lines = diff(_lines(before.text), _lines(after.text), f"a/{before.path}", f"b/{after.path}")
    return "".join(s if s.endswith("\n") else f"{s}\n\\ No newline at end of file\n" for s in lines)


def _lines(text: str) -> list[str]:
    """The lines with their ends; only LF ends one."""
    *whole, last = text.split("\n")
    return [line + "\n" for line in whole] + ([last] if last else [])


def _broken(dockerfile: Dockerfile) -> int:
    return len(dockerfile.errors)


def _apply(text: str, fixes: Iterable[Fix]) -> tuple[str, int]:
    newline = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"
    taken: list[tuple[int, int]] = []
    edits: list[tuple[int, int, str]] = []
    count = 0
    for fix in sorted(fixes, key=_order):
        own = sorted((edit.span.start, edit.span.end, edit.text) for edit in fix.edits)
        places = [(start, end) for start, end, _ in own]
        added = [place for place in places if _take(taken, place, len(text))]
        if own and len(added) == len(own):
            edits += own
            count += 1
        else:
            for place in added:
                taken.remove(place)
    parts, at = [], 0
    for start, end, new in sorted(edits):
        parts += [text[at:start], new.replace("\r\n", "\n").replace("\n", newline)]
        at = end
    return "".join([*parts, text[at:]]), count


def _order(fix: Fix) -> tuple[list[tuple[int, int, str]], str]:
    return sorted((e.span.start, e.span.end, e.text) for e in fix.edits), fix.title


def _take(taken: list[tuple[int, int]], place: tuple[int, int], length: int) -> bool:
    """Add a place to the sorted, disjoint ones; False where it is outside or overlaps one."""
    if not 0 <= place[0] <= place[1] <= length:
        return False
    index = bisect_left(taken, place)
    if any(_touch(place, other) for other in taken[max(index - 1, 0) : index + 1]):
        return False
    taken.insert(index, place)
    return True


def _touch(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether two places overlap; two insertions at one point do, for their order is open."""
    return a == b or (a[0] < b[1] and b[0] < a[1])
