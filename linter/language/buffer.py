"""A document as the editor has it: its text, changed edit by edit, and LSP's positions in it."""

from __future__ import annotations

import re
from bisect import bisect_right

from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.text import Span

Place = tuple[int, int]  #: line and character from 0; characters in the units of the encoding

UTF8, UTF16, UTF32 = "utf-8", "utf-16", "utf-32"
REPLACEMENT = "\ufffd"

_LINE_END = pattern(r"\r\n|\n|\r")  #: LSP 3.17, "Text Documents"; elsewhere only LF ends a line
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Buffer:
    """The text of an open document. What no UTF-8 file can hold (lone surrogates) is replaced."""

    __slots__ = ("_starts", "encoding", "revision", "text", "version")

    def __init__(self, text: str, version: int | None = None, encoding: str = UTF16) -> None:
        self.text = _clean(text)
        self.version = version  #: the editor's
        self.revision = 0  #: ours: grows with every change
        self.encoding = encoding
        self._starts: list[int] | None = None

    def copy(self) -> Buffer:
        """The same, which later edits do not change."""
        found = Buffer("", self.version, self.encoding)
        found.text, found.revision, found._starts = self.text, self.revision, self._starts
        return found

    @property
    def data(self) -> bytes:
        """The text as the bytes of a file."""
        return self.text.encode("utf-8")

    @property
    def starts(self) -> list[int]:
        """The offset at which each line starts, as the protocol counts lines."""
        if self._starts is None:
            self._starts = [0, *(end.end() for end in _LINE_END.finditer(self.text))]
        return self._starts

    def replace(self, text: str, start: Place | None = None, end: Place | None = None) -> None:
        """Put `text` in the place of a range, of everything without one."""
        new = _clean(text)
        if start is not None and end is not None:
            first, last = sorted((self.offset(start), self.offset(end)))
            new = self.text[:first] + new + self.text[last:]
        self.text = new
        self.revision += 1
        self._starts = None

    def offset(self, place: Place) -> int:
        """The code-point offset of a position; what is past an end means that end."""
        line, character = place
        if line < 0:
            return 0
        if line >= len(self.starts):
            return len(self.text)
        start, end = self.starts[line], self._end(line)
        shown = self.text[start:end]
        if self.encoding == UTF32 or shown.isascii():
            return start + min(max(character, 0), len(shown))
        for index, char in enumerate(shown):
            if character <= 0:
                return start + index
            character -= self._units(char)
        return end

    def place(self, offset: int) -> Place:
        """The position of a code-point offset; within a line's end it is that of the end."""
        line = bisect_right(self.starts, offset) - 1
        before = self.text[self.starts[line] : min(offset, self._end(line))]
        if self.encoding == UTF32 or before.isascii():
            return line, len(before)
        return line, sum(map(self._units, before))

    def edit(self, span: Span, text: str) -> tuple[Span, str]:
        """The same edit, with the file's own line ends and none of them cut in two."""
        start, end = span
        text = text.replace("\r\n", "\n")
        if "\r\n" in self.text[: self.text.find("\n") + 1]:
            text = text.replace("\n", "\r\n")
        if self.text[max(start - 1, 0) : start + 1] == "\r\n":
            start, text = start - 1, "\r" + text
        if self.text[max(end - 1, 0) : end + 1] == "\r\n":
            end, text = end + 1, text + "\n"
        return Span(start, end), text

    def _end(self, line: int) -> int:
        """Where a line ends, its line end left out."""
        if line + 1 == len(self.starts):
            return len(self.text)
        end = self.starts[line + 1]
        return end - (2 if self.text[end - 2 : end] == "\r\n" else 1)

    def _units(self, char: str) -> int:
        if self.encoding == UTF16:
            return 2 if char > "\uffff" else 1
        return len(char.encode("utf-8"))


def _clean(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return _SURROGATE.sub(REPLACEMENT, text)
    return text
