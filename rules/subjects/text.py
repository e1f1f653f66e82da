"""Source text and places in it: the coordinates that every finding is given in."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from dockgate.rules.record import NamedTuple


class Span(NamedTuple):
    """A half-open range of code-point offsets into a `Text`."""

    start: int
    end: int


class Position(NamedTuple):
    """A place as people and compilers write it: line and column from 1, in code points."""

    line: int
    column: int


class Text:
    """A decoded file. Lines end at LF only, as in BuildKit: U+2028 or a lone CR do not end one.

    Bytes that are not UTF-8 are kept as lone surrogates (PEP 383), so that `encode` gives the
    file back byte for byte; a leading byte order mark stays in `text` as U+FEFF.
    """

    __slots__ = ("_starts", "path", "text")

    def __init__(self, text: str, path: str = "Dockerfile") -> None:
        self.text = text
        self.path = path
        self._starts: list[int] | None = None

    @classmethod
    def decode(cls, data: bytes, path: str = "Dockerfile") -> Text:
        """The text of a file's bytes; never fails."""
        return cls(data.decode("utf-8", "surrogateescape"), path)

    def encode(self) -> bytes:
        """The bytes that `decode` was given."""
        return self.text.encode("utf-8", "surrogateescape")

    @property
    def starts(self) -> list[int]:
        """The offset at which each line starts; computed once."""
        if self._starts is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._starts = starts
        return self._starts

    def position(self, offset: int) -> Position:
        """Line and column of a code-point offset."""
        line = bisect_right(self.starts, offset)
        return Position(line, offset - self.starts[line - 1] + 1)

    def utf16(self, offset: int) -> tuple[int, int]:
        """Line and character from 0, in UTF-16 code units: the coordinates of LSP 3.17 §3.15."""
        line = bisect_right(self.starts, offset) - 1
        before = self.text[self.starts[line] : offset]
        return line, len(before) + sum(1 for c in before if c > "\uffff")

    def line(self, number: int) -> str:
        """Line `number` (from 1) without its line end."""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def line_span(self, number: int) -> Span:
        """The span of line `number` (from 1) without its line end."""
        start = self.starts[number - 1]
        return Span(start, start + len(self.line(number)))

    def __getitem__(self, span: Span) -> str:
        return self.text[span[0] : span[1]]


class MappedText:
    """A text put together from pieces of a `Text`, which knows where each piece came from.

    A logical line (continuations joined, comments left out) and a `<<-` heredoc body are such
    texts: what they say is not contiguous in the file.
    """

    __slots__ = ("_logical", "_source", "text")

    def __init__(self, text: str, pieces: list[tuple[int, int]]) -> None:
        """`pieces`: ascending (offset in `text`, offset in the file) where a piece starts."""
        self.text = text
        self._logical = [piece[0] for piece in pieces]
        self._source = [piece[1] for piece in pieces]

    def source(self, offset: int) -> int:
        """The file's offset of the character at `offset`."""
        if not self._logical:
            return 0
        piece = max(bisect_right(self._logical, offset) - 1, 0)
        return self._source[piece] + offset - self._logical[piece]

    def span(self, start: int, end: int) -> Span:
        """The file's span from the first to the last character of `text[start:end]`."""
        first = self.source(start)
        if end <= start:
            return Span(first, first)
        following = bisect_right(self._logical, start)
        if following == len(self._logical) or self._logical[following] >= end:
            return Span(first, first + end - start)
        return Span(first, self.source(end - 1) + 1)

    def contiguous(self, start: int, end: int) -> bool:
        """Whether `text[start:end]` stands in the file in one piece: an edit may cover it."""
        return end <= start or self.source(end - 1) - self.source(start) == end - 1 - start

    @classmethod
    def join(cls, parts: Iterable[MappedText]) -> MappedText:
        """The texts one after the other, each with its own places."""
        texts: list[str] = []
        pieces: list[tuple[int, int]] = []
        size = 0
        for part in parts:
            pieces += [
                (at + size, source)
                for at, source in zip(part._logical, part._source, strict=True)
                if at < len(part.text)
            ]
            texts.append(part.text)
            size += len(part.text)
        return cls("".join(texts), pieces)

    def part(self, start: int, end: int | None = None) -> MappedText:
        """`text[start:end]` with its own places."""
        stop = len(self.text) if end is None else end
        pieces = [(0, self.source(start))]
        first, last = bisect_right(self._logical, start), bisect_left(self._logical, stop)
        pieces += [(self._logical[i] - start, self._source[i]) for i in range(first, last)]
        return MappedText(self.text[start:stop], pieces)
