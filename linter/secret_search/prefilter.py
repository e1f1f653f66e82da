"""Which places of a text can hold a token at all: the cheap question before the dear one.

detect-secrets takes 150 ms to import and runs every line through every plugin. Text is asked for
the rows of token_rows.py with `in` and `re`; bytes, which are a whole image, by libraries that
need one pass for all rows, in a time that is linear whatever the bytes are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from dockgate.linter.errors import UnfinishedError
from dockgate.linter.one_pass import OnePass, re2_options
from dockgate.linter.secret_search.token_rows import ROWS, Row

#: Places of one piece of a file that are looked at: 60 µs each. Of real files the worst have
#: some dozen, and a text may be made of nothing else.
MAX_PLACES = 20_000


@lru_cache(maxsize=len(ROWS))
def _compiled(index: int) -> re.Pattern[str]:
    row = ROWS[index]
    return re.compile(row.pattern, re.IGNORECASE if row.folded else 0)


def rows_of(text: str) -> tuple[int, ...]:
    """The rows whose needles are in `text`: no other can match in any part of it."""
    lowered = text.lower()
    return tuple(
        index
        for index, row in enumerate(ROWS)
        if any(needle in (lowered if row.folded else text) for needle in row.needles)
    )


def places(text: str, rows: tuple[int, ...] | None = None) -> list[tuple[int, int]]:
    """The spans of `text` where some plugin may find a token, in no order; [] for most texts.

    `rows` are `rows_of` a text that `text` is part of, where that is known already.
    """
    found: list[tuple[int, int]] = []
    for index in rows_of(text) if rows is None else rows:
        found += [match.span() for match in _compiled(index).finditer(text)]
    return found


class BytesFilter:
    """Rows over bytes: one pass tells which of them match, then RE2 where.

    Without the libraries needles and `re` take their place.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows
        self._patterns: list[Any] = [None] * len(rows)
        self._one_pass = OnePass(list(map(_probe, rows)))
        self._matching = self._one_pass.find if self._one_pass.works else self._by_needles

    def places(self, data: bytes) -> list[tuple[int, int]]:
        """The byte spans where some plugin may find a token, in no order; [] for most files.

        Raises UnfinishedError: too many.
        """
        rows = self._matching(data)
        if not rows:
            return []
        found = [
            (start, end)
            for _, start, end in islice(self._places(data, rows, once_a_line=False), MAX_PLACES + 1)
        ]
        if len(found) > MAX_PLACES:
            raise UnfinishedError(f"more than {MAX_PLACES:,} places that may hold a secret")
        return found

    def line_places(self, data: bytes) -> Iterator[tuple[int, int, int]]:
        """As `places`, the first of a row on each line; its index comes first; row after row."""
        return self._places(data, self._matching(data), once_a_line=True)

    def _places(
        self, data: bytes, rows: list[int], *, once_a_line: bool
    ) -> Iterator[tuple[int, int, int]]:
        for index in rows:
            pattern = self._pattern(index)
            if not once_a_line:
                for match in pattern.finditer(data):
                    yield index, match.start(), match.end()
                continue
            match = pattern.search(data)
            while match is not None:
                yield index, match.start(), match.end()
                end = data.find(b"\n", match.end())
                match = pattern.search(data, end) if end >= 0 else None

    def _by_needles(self, data: bytes) -> list[int]:
        """The rows of which there may be a match, in their order."""
        lowered = data.lower()
        return [
            index
            for index, row in enumerate(self._rows)
            if not row.needles
            or any(needle.encode() in (lowered if row.folded else data) for needle in row.needles)
        ]

    def _pattern(self, index: int) -> Any:
        if self._patterns[index] is None:
            row = self._rows[index]
            self._patterns[index] = _compiled_bytes(_bytes_pattern(row.pattern, folded=row.folded))
        return self._patterns[index]


def _compiled_bytes(pattern: bytes) -> Any:
    try:
        import re2  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return re.compile(pattern)
    return re2.compile(pattern, re2_options(re2))


def _probe(row: Row) -> bytes:
    return _bytes_pattern(row.probe or "|".join(map(re.escape, row.needles)), folded=row.folded)


def _bytes_pattern(pattern: str, *, folded: bool) -> bytes:
    # Beyond ASCII a letter, digit or space of Unicode is some bytes: accept them all.
    for escape, wide in _WIDER:
        pattern = _widen(pattern, escape, wide)
    return (("(?i)" if folded else "") + pattern).encode("latin-1")


_WIDER = (
    (r"\w", r"\w\x80-\xff"),
    (r"\d", r"\d\x80-\xff"),
    (r"\s", r"\s\v\x1c-\x1f\x80-\xff"),
)


def _widen(pattern: str, escape: str, wide: str) -> str:
    out, at, in_class = "", 0, False
    while at < len(pattern):
        two = pattern[at : at + 2]
        if two == escape:
            negated = in_class and pattern.rfind("[^", 0, at) == pattern.rfind("[", 0, at)
            out += escape if negated else wide if in_class else f"[{wide}]"
            at += 2
        elif two[0] == "\\":
            out += two
            at += 2
        else:
            if two[0] == "[" and not in_class:
                in_class = True
            elif two[0] == "]" and in_class:
                in_class = False
            out += two[0]
            at += 1
    return out


@lru_cache(maxsize=2)
def bytes_filter(*, binary: bool) -> BytesFilter:
    """The filter for text, or for binaries; compiled once."""
    return BytesFilter([row for row in ROWS if row.binary or not binary])


def characters(text: str, data: bytes, places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans of `data` as spans of `text`, which is the same, decoded with `surrogateescape`."""
    if text.isascii():
        return places
    spans = []
    at = passed = 0
    for start, end in sorted(places):
        if start >= at:
            passed += len(data[at:start].decode("utf-8", "surrogateescape"))
            at = start
        first = passed - len(data[start:at].decode("utf-8", "surrogateescape"))
        spans.append((first, first + len(data[start:end].decode("utf-8", "surrogateescape"))))
    return spans
