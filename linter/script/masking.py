"""A script as tree-sitter-bash 0.25 reads it right: what it misreads is masked, offsets unchanged.

The words of commands are taken from the script itself, so a mask changes the structure alone:

- here-documents: behind `<<EOF` it takes commands for a part of the redirection, and gives up on
  `;`, `)` or a second here-document there. Bodies are blanked and `<<` becomes `<`; the bodies are
  handed over beside. `<<<` and `<>` become `<` too.
- `! { a; }`: it takes `{` for a command's name. The `!` is blanked, its group is remembered.
- `a - 2>f`: it loses the lone `-`.
- a backslash that nothing follows: it is an error there, itself to a shell.
- characters that are not ASCII: one byte each, so that offsets in bytes are offsets in the text;
  control characters likewise.
"""

from __future__ import annotations

import re

from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple

_TOKEN = pattern(
    r"\\.|\$?'|\"|`|\$\(\(|\(\(|\$?\(|\)|\$\{|\}|(?:(?<=[\s;&|(])|^)#[^\n]*|<<<|<<-?|<>|\n", re.S
)
_TOKEN_DOUBLE = pattern(r"\\.|\"|`|\$\(\(|\$\(|\$\{", re.S)
_SINGLE_END = pattern(r"[^']*'?")
_ANSI_END = pattern(r"(?:\\.|[^'\\])*'?", re.S)
_DELIMITER = pattern(r"[ \t]*((?:\\.|'[^'\n]*'|\"[^\"\n]*\"|[^\s;&|<>()'\"\\`])+)")
_QUOTES = pattern(r"\\(.)|['\"]")
_CLOSER = {"$(": ")", "(": ")", "${": "}", "$((": "))", "((": "))", '"': '"', "`": "`"}
_NEGATED_GROUP = pattern(r"(?<![^\s;&|(])!\s+\{(?=\s)")
_LONE_DASH = pattern(r"(?<=[ \t])-(?=[ \t]+[0-9]+[<>])")
_TEST = pattern(r"(?<![^\s;&|(!])(?:\[|\])(?=[\s;&|)]|$)")
_LAST_BACKSLASH = pattern(r"\\(?=\n?\Z)")
_FOREIGN = pattern(r"[^\t\n\r\x20-\x7e]")


class Body(NamedTuple):
    """A here-document: its body is `text[start:end]`, the closing delimiter not included."""

    delimiter: str  #: unquoted
    quoted: bool
    operator: str  #: "<<" or "<<-"
    start: int
    end: int


class Masked(NamedTuple):
    """A script that is ready for the parser."""

    text: str  #: ASCII, as long as the script
    bodies: dict[int, Body]  #: here-documents by the offset of their `<<`
    negated: frozenset[int]  #: where groups start that a `!` stands before


def mask(script: str) -> Masked:
    """Mask what the parser misreads."""
    text = script
    bodies: dict[int, Body] = {}
    if "<<" in text or "<>" in text:
        text, bodies = _lift_heredocs(text)
    negated: frozenset[int] = frozenset()
    if "!" in text:
        negated = frozenset(group.end() - 1 for group in _NEGATED_GROUP.finditer(text))
        text = _NEGATED_GROUP.sub(lambda group: " " + group[0][1:], text)
    text = _LONE_DASH.sub("x", text)
    text = _LAST_BACKSLASH.sub("x", text)
    return Masked(mask_foreign(text), bodies, negated)


def mask_foreign(text: str) -> str:
    """A text in ASCII, as long as it was."""
    return _FOREIGN.sub("\x7f", text)


def mask_tests(text: str) -> str:
    """A masked script with `[` and `]` as plain words: `[ a=b -a ! -f x ]` is no expression."""
    return _TEST.sub("x", text)


def _lift_heredocs(text: str) -> tuple[str, dict[int, Body]]:
    bodies: dict[int, Body] = {}
    edits: list[tuple[int, int, str]] = []
    pending: list[tuple[int, str, bool, str]] = []
    closers: list[str] = []
    at = 0
    while True:
        top = closers[-1] if closers else ""
        token = (_TOKEN_DOUBLE if top == '"' else _TOKEN).search(text, at)
        if token is None:
            break
        what, at = token[0], token.end()
        if what == "\n":
            for start, name, quoted, operator in pending:
                end, after = _closing_line(text, at, name, tabs=operator == "<<-")
                bodies[start] = Body(name, quoted, operator, at, end)
                edits.append((at, after, " " * (after - at - 1) + "\n" if after > at else ""))
                at = after
            pending.clear()
        elif what[0] == "<":
            if top == "))":
                continue
            edits.append((token.start(), at, "<" + " " * (len(what) - 1)))
            delimiter = _DELIMITER.match(text, at) if what in ("<<", "<<-") else None
            if delimiter:
                word = delimiter[1]
                name = _QUOTES.sub(lambda m: m[1] or "", word)
                pending.append((token.start(), name, name != word, what))
                at = delimiter.end()
        elif what == "'":
            at = _end(_SINGLE_END, text, at)
        elif what == "$'":
            at = _end(_ANSI_END, text, at)
        elif what == top:
            closers.pop()
        elif what == ")":
            if top == "))" and text.startswith(")", at):
                closers.pop()
                at += 1
        elif what in _CLOSER:
            closers.append(_CLOSER[what])
    return _edited(text, edits), bodies


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _closing_line(text: str, at: int, name: str, *, tabs: bool) -> tuple[int, int]:
    """Where the body that starts at `at` ends, and where the line after its delimiter starts."""
    size = len(text)
    line = at
    while line < size:
        end = text.find("\n", line)
        end = size if end < 0 else end
        content = text[line:end]
        if (content.lstrip("\t") if tabs else content) == name:
            return line, min(end + 1, size)
        line = end + 1
    return size, size


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    parts = []
    at = 0
    for start, end, replacement in edits:
        parts += [text[at:start], replacement]
        at = end
    parts.append(text[at:])
    return "".join(parts)
