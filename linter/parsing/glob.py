r"""Shell patterns of `${name#pattern}` and its like: `*`, `?` and `\` only, as in BuildKit.

Matched piece by piece in linear time: a backtracking engine can be kept busy for hours by
`*a*a*a*a*b`.
"""

from __future__ import annotations

import re

#: A pattern longer than this is refused, in characters.
MAX_PATTERN = 4096


class Pattern:
    """A parsed pattern: pieces of literal characters and `?` (None), with a `*` between two."""

    __slots__ = ("_pieces", "_wild")

    def __init__(self, text: str) -> None:
        """ValueError says what is wrong with it."""
        if len(text) > MAX_PATTERN:
            raise ValueError(f"longer than {MAX_PATTERN} characters")
        pieces: list[list[str | None]] = [[]]
        self._wild = 0
        position, end = 0, len(text)
        while position < end:
            char = text[position]
            position += 1
            if char == "*":
                pieces.append([])
            elif char == "?":
                pieces[-1].append(None)
                self._wild += 1
            elif char == "\\":
                following = text[position : position + 1]
                if following and following in "}/":
                    continue  # needed the backslash within ${…}, stands for itself
                if following not in ("*", "?", "\\"):
                    raise ValueError(f"invalid escape '\\{following}'")
                pieces[-1].append(following)
                position += 1
            else:
                pieces[-1].append(char)
        self._pieces = pieces

    def cost(self, length: int) -> int:
        """About how many characters are looked at to match a value of `length` characters."""
        return length * (1 + self._wild)

    def without(self, value: str, *, suffix: bool, longest: bool) -> str:
        """`value` without the shortest or longest match at its start or end."""
        pieces = self._pieces
        if suffix:
            pieces = [piece[::-1] for piece in reversed(pieces)]
            value = value[::-1]
        end = _match([_compile(piece) for piece in pieces], value, 0, longest)
        rest = value if end is None else value[end:]
        return rest[::-1] if suffix else rest

    def replace(self, value: str, *, every: bool) -> list[str]:
        """`value` cut at the leftmost longest match, or at every one: join by the replacement."""
        pieces = [_compile(piece) for piece in self._pieces]
        cut: list[str] = []
        done = position = 0
        while position <= len(value):
            first = pieces[0].search(value, position) if self._pieces[0] else None
            start = first.start() if first is not None else position
            if first is None and self._pieces[0]:
                break
            end = _match(pieces, value, start, True)
            if end is None:
                break  # later pieces are not found from here on, so from nowhere
            if end == start and cut and start == done:
                # An empty match right after a match does not count (Go's regexp).
                position = start + 1
                continue
            cut.append(value[done:start])
            done = end
            position = end if end > start else start + 1
            if not every:
                break
        cut.append(value[done:])
        return cut


def _compile(piece: list[str | None]) -> re.Pattern[str]:
    return re.compile("".join("." if c is None else re.escape(c) for c in piece))


def _match(pieces: list[re.Pattern[str]], value: str, start: int, longest: bool) -> int | None:
    """The end of the shortest or longest match that begins at `start`."""
    match = pieces[0].match(value, start)
    if match is None:
        return None
    position = match.end()
    for piece in pieces[1:-1]:
        match = piece.search(value, position)
        if match is None:
            return None
        position = match.end()
    if len(pieces) == 1:
        return position
    last = pieces[-1]
    if not last.pattern:
        return len(value) if longest else position
    match = last.search(value, position)
    if match is None or not longest:
        return match.end() if match is not None else None
    return _last(last, value, position)


def _last(piece: re.Pattern[str], value: str, position: int) -> int:
    """The end of the last occurrence, overlapping ones included; there is one."""
    length = _length(piece)
    for start in range(len(value) - length, position - 1, -1):
        if piece.match(value, start):
            return start + length
    raise AssertionError("no occurrence")


def _length(piece: re.Pattern[str]) -> int:
    return len(re.sub(r"\\(.)", r"\1", piece.pattern, flags=re.DOTALL))
