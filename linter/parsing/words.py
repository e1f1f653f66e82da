"""An instruction's line in words: keyword, flags, and the arguments as BuildKit splits them.

Everything is told as offsets in the logical line. Which instruction takes which form:
moby/buildkit `frontend/dockerfile/parser`, its dispatch table.
"""

from __future__ import annotations

import json
import re
from typing import Any

from dockgate.linter.parsing.lexer import SPACES
from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple


class Piece(NamedTuple):
    """A word or flag: its value and where it stands in the logical line."""

    value: str
    start: int
    end: int


class Fault(Exception):  # noqa: N818  (told to the user as a ParseError, not raised to him)
    """Why BuildKit's parser stops at a line, and where in it."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start = start
        self.end = end


class Split(NamedTuple):
    """A line split up to its arguments, which are `text[start:end]`."""

    keyword: Piece
    flags: list[Piece]
    start: int
    end: int


#: Instructions by the form of their arguments. ONBUILD is split further by the caller.
_JSON_OR_TEXT = frozenset({"RUN", "CMD", "ENTRYPOINT", "SHELL"})
_JSON_OR_WORDS = frozenset({"COPY", "ADD", "VOLUME"})
_WORDS = frozenset({"FROM", "EXPOSE"})
_TEXT = frozenset({"USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER"})
_PAIRS = frozenset({"ENV", "LABEL"})
KNOWN = _JSON_OR_TEXT | _JSON_OR_WORDS | _WORDS | _TEXT | _PAIRS | {"ARG", "HEALTHCHECK", "ONBUILD"}

_CLASS = re.escape(SPACES)
_KEYWORD = pattern(r"[^\t\v\f\r ]*")
BLANK = pattern(r"[\t\v\f\r ]+")
_BARE = pattern(r"[^\t\v\f\r ]+")
#: Spaces that BuildKit looks for byte by byte: 0x85 and 0xA0 are spaces there, U+00A0 is none.
_BYTE_SPACES = pattern("[\t\n\v\f\r \udc85\udca0]*")
_TYPE = pattern(r"[^\t\n\v\f\r ]*")
_PLAIN_FLAG = pattern(r"--[!#-&(-\[\]-~]*(?=[\t\n\v\f\r ]|\Z)")
_QUOTED_WORD = {
    escape: re.compile(
        f"""(?:[^{_CLASS}'"{re.escape(escape)}]+|{re.escape(escape)}."""
        f"""|'[^']*'?|"[^"{re.escape(escape)}]*(?:{re.escape(escape)}.[^"{re.escape(escape)}]*)*"?)+""",
        re.DOTALL,
    )
    for escape in ("\\", "`")
}
_JSON_STRING = pattern(
    r'[ \t\r\n]*"([^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*)"'
    r"[ \t\r\n]*([,\]])"
)
_EMPTY_ARRAY = pattern(r"\[[ \t\r\n]*\][ \t\r\n]*")
_SURROGATE = pattern("[\ud800-\udfff]")


def split(text: str, start: int, end: int) -> Split:
    """Keyword, flags and where the arguments stand, of `text[start:end]`."""
    start, end = _trim(text, start, end)
    match = _KEYWORD.match(text, start, end)
    assert match is not None
    keyword = Piece(match.group(), start, match.end())
    blank = BLANK.match(text, keyword.end, end)
    if blank is None:
        return Split(keyword, [], end, end)
    flags: list[Piece] = []
    position = _flags(text, blank.end(), end, flags)
    return Split(keyword, flags, *_trim(text, position, end))


def arguments(cmd: str, text: str, start: int, end: int, escape: str) -> tuple[list[Piece], bool]:
    """The words of an instruction's arguments and whether they are in exec form.

    An instruction that is not known has one empty word, as in BuildKit's syntax tree. Raises
    Fault where BuildKit's parser stops.
    """
    if cmd not in KNOWN:
        return [Piece("", end, end)], False
    if start == end:
        return [], False
    if cmd in _JSON_OR_TEXT:
        return _json_or_text(text, start, end)
    if cmd in _WORDS:
        return _words(text, start, end), False
    if cmd in _JSON_OR_WORDS:
        exec_form = _json(text, start, end)
        return (exec_form, True) if exec_form is not None else (_words(text, start, end), False)
    if cmd in _PAIRS:
        return _pairs(cmd, text, start, end, escape), False
    if cmd == "ARG":
        return quoted_words(text, start, end, escape), False
    if cmd == "HEALTHCHECK":
        return _healthcheck(text, start, end)
    return [Piece(text[start:end], start, end)], False


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    left = part.lstrip(SPACES)
    begin = end - len(left)
    return begin, begin + len(left.rstrip(SPACES))


def _words(text: str, start: int, end: int) -> list[Piece]:
    return [Piece(m.group(), m.start(), m.end()) for m in _BARE.finditer(text, start, end)]


def quoted_words(text: str, start: int, end: int, escape: str) -> list[Piece]:
    """Words that quotes and escapes keep together; both stay in them."""
    found = _QUOTED_WORD[escape].finditer(text, start, end)
    return [Piece(m.group(), m.start(), m.end()) for m in found]


def _pairs(cmd: str, text: str, start: int, end: int, escape: str) -> list[Piece]:
    """Name, value and separator in turn; the separator is "" in `ENV name value`."""
    words = quoted_words(text, start, end, escape)
    if not words:
        return []
    if "=" not in words[0].value:
        blank = BLANK.search(text, start, end)
        if blank is None:
            raise Fault(f"{cmd} must have two arguments", start, end)
        return [
            Piece(text[start : blank.start()], start, blank.start()),
            Piece(text[blank.end() : end], blank.end(), end),
            Piece("", blank.start(), blank.start()),
        ]
    pieces: list[Piece] = []
    for word, first, last in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise Fault(
                f"Syntax error - can't find = in {quoted(word)}. Must be of the form: name=value",
                first,
                last,
            )
        middle = first + len(name)
        pieces.append(Piece(name, first, middle))
        pieces.append(Piece(value, middle + 1, last))
        pieces.append(Piece("=", middle, middle + 1))
    return pieces


def _healthcheck(text: str, start: int, end: int) -> tuple[list[Piece], bool]:
    match = _TYPE.match(text, start, end)
    assert match is not None
    kind = Piece(match.group(), start, match.end())
    blank = _BYTE_SPACES.match(text, kind.end, end)
    assert blank is not None
    rest = blank.end()
    words, exec_form = _json_or_text(text, rest, end) if rest < end else ([], False)
    return [kind, *words], exec_form


def _json_or_text(text: str, start: int, end: int) -> tuple[list[Piece], bool]:
    exec_form = _json(text, _trim(text, start, end)[0], end)
    if exec_form is not None:
        return exec_form, True
    return [Piece(text[start:end], start, end)], False


def _json(text: str, start: int, end: int) -> list[Piece] | None:
    """The strings of a JSON array, None where there is none; other elements are a Fault."""
    if not text.startswith("[", start):
        return None
    if _EMPTY_ARRAY.fullmatch(text, start, end):
        return []
    pieces: list[Piece] = []
    position = start + 1
    while True:
        match = _JSON_STRING.match(text, position, end)
        if match is None:
            break
        value = match[1]
        if "\\" in value:
            value = _SURROGATE.sub("\ufffd", json.loads(f'"{value}"'))
        pieces.append(Piece(value, match.start(1), match.end(1)))
        position = match.end()
        if match[2] == "]":
            if position == end:
                return pieces
            break
    if _is_json(text[start:end]):
        raise Fault(
            "when using JSON array syntax, arrays must be comprised of strings only", start, end
        )
    return None


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _finite(number: str) -> float:
    value = float(number)
    if value in (float("inf"), float("-inf")):
        raise ValueError(number)
    return value


def _flags(text: str, start: int, end: int, flags: list[Piece]) -> int:
    """Adds the flags that begin at `start`; gives the offset behind them."""
    position = start
    while True:
        blank = _BYTE_SPACES.match(text, position, end)
        assert blank is not None
        position = blank.end()
        if not text.startswith("--", position, end):
            return position
        match = _PLAIN_FLAG.match(text, position, end)
        if match is None:
            flag = _quoted_flag(text, position, end)
        else:
            flag = Piece(match.group(), position, match.end())
        if flag.value == "--":
            return flag.end
        flags.append(flag)
        position = flag.end


def _quoted_flag(text: str, start: int, end: int) -> Piece:
    """A flag with quotes, backslashes or characters beyond ASCII.

    Quotes and backslashes go, whatever the escape directive says; BuildKit takes the line byte by
    byte, so that each byte of a longer character becomes a character of its own.
    """
    out: list[str] = []
    quote = ""
    position = start
    while position < end:
        char = text[position]
        position += 1
        if quote and char == quote:
            quote = ""
        elif not quote and char in "'\"":
            quote = char
        elif not quote and char in "\t\n\v\f\r ":
            position -= 1
            break
        elif char == "\\":
            if position == end:
                break
            out.append(_bytewise(text[position]))
            position += 1
        elif char.isascii():
            out.append(char)
        else:
            raw = _bytewise(char)
            if not quote and ("\x85" in raw or "\xa0" in raw):
                out.append(re.split("[\x85\xa0]", raw)[0])
                break
            out.append(raw)
    return Piece("".join(out), start, position)


def _bytewise(char: str) -> str:
    return char.encode("utf-8", "surrogateescape").decode("latin-1")


def quoted(word: str) -> str:
    """`word` as Go's %q prints it, near enough for a message."""
    return json.dumps(word, ensure_ascii=False)
