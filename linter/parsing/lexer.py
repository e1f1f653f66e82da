"""From text to logical lines: directives, comments, continuations, heredoc bodies.

As BuildKit's parser does it (moby/buildkit `frontend/dockerfile/parser`), with the place of
everything. A fault is noted and the reading goes on.
"""

from __future__ import annotations

import re

from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.dockerfile import Comment, Directive, ParseError
from dockgate.rules.subjects.text import MappedText, Span

#: The longest physical line, in bytes without its line end (Go's bufio.Scanner).
MAX_LINE_BYTES = 65535
#: Past this many heredocs without an end, no more guesses are made where one was meant to end.
MAX_GUESSES = 16
#: What Go's `unicode.IsSpace` takes for a space, as characters to strip.
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
BOM = "\ufeff"

_DIRECTIVE = pattern(r"([a-zA-Z][a-zA-Z0-9]*)[\t\f\r ]*=")
_DIRECTIVES = frozenset({"syntax", "escape", "check"})


class LogicalLine(NamedTuple):
    """An instruction's line, continuations joined, comments and empty lines left out."""

    text: str
    start: int  #: first physical line, from 1
    end: int  #: last physical line
    stop: int  #: offset in the file where the last physical line ends
    pieces: list[tuple[int, int]]  #: as in MappedText
    readable: bool  #: False: a physical line of it is too long


class Body(NamedTuple):
    """A heredoc's body and where its closing delimiter's line ends."""

    content: str
    span: Span
    body: MappedText
    terminated: bool


class Lexer:
    """Reads a file line by line; `errors`, `comments` and `directives` fill up meanwhile."""

    __slots__ = (
        "_absent",
        "_directives_done",
        "_guesses",
        "_next",
        "_size",
        "_starts",
        "_text",
        "comments",
        "directives",
        "errors",
        "escape",
        "lines",
    )

    def __init__(self, text: str, starts: list[int]) -> None:
        """`starts`: the offset of each line (`Text.starts`)."""
        self.lines = text.split("\n")
        self._text = text
        self._starts = starts
        if not self.lines[-1]:
            self.lines.pop()
        self._size = len(text)
        self._next = 0
        self._directives_done = False
        self._absent: set[tuple[str, bool]] = set()
        self._guesses = 0
        self.escape = "\\"
        self.directives: list[Directive] = []
        self.comments: list[Comment] = []
        self.errors: list[ParseError] = []

    @property
    def line(self) -> int:
        """How many physical lines have been read."""
        return self._next

    @property
    def stop(self) -> int:
        """The offset where the last line that was read ends, its line end not included."""
        return self._starts[self._next - 1] + len(self.lines[self._next - 1].rstrip("\r"))

    def next(self) -> LogicalLine | None:
        """The next logical line, None at the end of the file."""
        lines, starts, count = self.lines, self._starts, len(self.lines)
        at = self._next
        while at < count:
            raw = lines[at]
            offset = starts[at]
            if not at and raw.startswith(BOM):
                raw = raw[1:]
                offset += 1
            at += 1
            trimmed = raw.rstrip("\r")
            line = trimmed.lstrip(SPACES)
            if not line:
                self._directives_done = True
                continue
            offset += len(trimmed) - len(line)
            if line[0] == "#":
                if len(line) > MAX_LINE_BYTES // 4:
                    self._fits(line, at, offset)
                if self._directives_done or not self._directive(line, at, offset):
                    self._comment(line, at, offset)
                continue
            self._directives_done = True
            self._next = at
            readable = len(raw) <= MAX_LINE_BYTES // 4 or self._fits(raw, at, starts[at - 1])
            escape = self.escape
            if escape not in line:
                return LogicalLine(line, at, at, offset + len(line), [(0, offset)], readable)
            return self._continued(line, offset, readable)
        self._next = at
        return None

    def _continued(self, line: str, offset: int, readable: bool) -> LogicalLine:
        """The logical line that begins with `line`, at `offset`; `_next` is behind that line."""
        lines, starts, count, escape = self.lines, self._starts, len(self.lines), self.escape
        start = at = self._next
        stop = offset + len(line)
        parts: list[str] = []
        pieces: list[tuple[int, int]] = []
        length = 0
        while True:
            pieces.append((length, offset))
            cut = line.rstrip(" \t")
            if not cut.endswith(escape) or cut[-2:-1] == escape:
                parts.append(line)
                break
            parts.append(cut[:-1])
            length += len(cut) - 1
            while at < count:
                raw = lines[at]
                offset = starts[at]
                at += 1
                line = raw.rstrip("\r")
                visible = raw.lstrip(SPACES)
                stop = offset + len(line)
                if len(raw) > MAX_LINE_BYTES // 4:
                    readable = self._fits(raw, at, offset) and readable
                if visible[:1] == "#":
                    self._comment(visible.rstrip("\r"), at, offset + len(raw) - len(visible))
                elif visible:
                    break
            else:
                break
        self._next = at
        return LogicalLine("".join(parts), start, at, stop, pieces, readable)

    def heredoc(self, name: str, chomp: bool) -> Body:
        """Reads a heredoc's body. Without an end it goes to the line that seems meant, or on."""
        start = self._next
        terminator = name if name.isascii() else re.sub("[\ud800-\udfff]", "\ufffd", name)
        end, terminated = self._terminator(start, terminator, chomp), True
        if end is None:
            terminated = False
            end = self._guess(start, terminator)
        self._next = min(end + 1, len(self.lines))
        first = self._offset(start)
        span = Span(first, self._offset(end))
        content = self._text[span.start : span.end]
        if not chomp:
            return Body(content, span, MappedText(content, [(0, first)]), terminated)
        parts: list[str] = []
        pieces: list[tuple[int, int]] = []
        length = 0
        for at in range(start, end):
            whole = self._text[self._offset(at) : self._offset(at + 1)]
            part = whole.lstrip("\t")
            pieces.append((length, self._offset(at) + len(whole) - len(part)))
            parts.append(part)
            length += len(part)
        return Body(content, span, MappedText("".join(parts), pieces or [(0, first)]), terminated)

    def _terminator(self, start: int, name: str, chomp: bool) -> int | None:
        if (name, chomp) in self._absent:
            return None
        lines = self.lines
        for at in range(start, len(lines)):
            line = lines[at].rstrip("\r")
            if line == name or (chomp and line.lstrip("\t") == name):
                return at
        self._absent.add((name, chomp))
        return None

    def _guess(self, start: int, name: str) -> int:
        self._guesses += 1
        if self._guesses <= MAX_GUESSES:
            for at in range(start, len(self.lines)):
                if self.lines[at].strip() == name:
                    return at
        return len(self.lines)

    def _offset(self, line: int) -> int:
        return self._starts[line] if line < len(self._starts) else self._size

    def _fits(self, raw: str, line: int, offset: int) -> bool:
        if len(raw.encode("utf-8", "surrogateescape")) <= MAX_LINE_BYTES:
            return True
        self.errors.append(
            ParseError(
                f"dockerfile line greater than max allowed size of {MAX_LINE_BYTES}",
                line,
                Span(offset, offset + len(raw)),
                fatal=True,
            )
        )
        return False

    def _comment(self, line: str, number: int, offset: int) -> None:
        span = Span(offset, offset + len(line))
        self.comments.append(Comment(line[1:].strip(), number, span))

    def _directive(self, line: str, number: int, offset: int) -> bool:
        """Whether a comment line is a directive; notes it and what is wrong with it."""
        content = line[1:].lstrip(SPACES)
        match = _DIRECTIVE.match(content)
        name = match[1].lower() if match is not None else ""
        rest = content[match.end() :].lstrip("\t\f\r ") if match is not None else ""
        # Of `# escape=  ` BuildKit's pattern takes the last blank for the value.
        value = rest.rstrip("\t\f\r ") or content[match.end() :][-1:] if match is not None else ""
        if not value or name not in _DIRECTIVES:
            self._directives_done = True
            return False
        span = Span(offset, offset + len(line))
        value_start = offset + len(line) - max(len(rest), 1)
        value_span = Span(value_start, value_start + len(value))
        if any(directive.name == name for directive in self.directives):
            message = f"only one {name} parser directive can be used"
            self.errors.append(ParseError(message, number, span, fatal=True))
        elif name == "escape" and value not in ("\\", "`"):
            message = f"invalid escape token '{value}' does not match ` or \\"
            self.errors.append(ParseError(message, number, value_span, fatal=True))
        elif name == "escape":
            self.escape = value
        self.directives.append(Directive(name, value, number, span, value_span))
        return True
