"""The shell's quotes and expansions within one word (POSIX.1-2017 XCU §2.2 and §2.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple

MAX_DEFAULT_DEPTH = 8  #: `${A:-${B:-…}}` is followed this deep

_PLAIN = pattern(r"[^\\'\"$`]+")
_DOUBLE = pattern(r"[^\\\"$`]+")
_NAME = pattern(r"\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])")
_BRACED = pattern(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-=+?])(.*))?\}", re.S)
_NESTING = pattern(r"\\.|'[^']*'|[\"`(){}]|\$[({]", re.S)
_NESTING_DOUBLE = pattern(r"\\.|[\"`]|\$[({]", re.S)
_CLOSER = {"$(": ")", "(": ")", "${": "}", "{": "}", "`": "`", '"': '"'}
_ANSI_PLAIN = pattern(r"[^\\']+")
_ANSI = pattern(r"\\(x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[0-7]{1,3}|.)", re.S)
_ANSI_CHARACTERS = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
    "v": "\v",
}  # fmt: skip


class Part(NamedTuple):
    """A run of a word: characters that the shell passes on, or an expansion as written."""

    text: str
    start: int  #: where the run starts in the word as written
    expansion: bool


def split_parts(word: str) -> list[Part]:
    """The runs of a word as written; a run stands in it in one piece. Linear in its length."""
    parts: list[Part] = []
    at, size = 0, len(word)
    quoted = False  # within double quotes
    while at < size:
        run = (_DOUBLE if quoted else _PLAIN).match(word, at)
        if run:
            parts.append(Part(run[0], at, expansion=False))
            at = run.end()
            continue
        char = word[at]
        following = word[at + 1 : at + 2]
        if char == "\\":
            if following == "\n":
                pass
            elif quoted and following not in ("$", "`", '"', "\\"):
                parts.append(Part(char + following, at, expansion=False))
            elif following:
                parts.append(Part(following, at + 1, expansion=False))
            at += 2
        elif char == '"':
            quoted = not quoted
            at += 1
        elif char == "'":
            end = word.find("'", at + 1)
            end = size if end < 0 else end
            parts.append(Part(word[at + 1 : end], at + 1, expansion=False))
            at = end + 1
        elif char == "$" and following == "'" and not quoted:
            at = _ansi_parts(word, at + 2, parts)
        elif char == "$" and following == '"' and not quoted:
            at += 1
        else:
            end = expansion_end(word, at)
            parts.append(Part(word[at:end], at, expansion=end > at + 1))
            at = end
    return parts


def _ansi_parts(word: str, at: int, parts: list[Part]) -> int:
    """The runs of `$'…'` from its first character on; returns the offset behind it."""
    size = len(word)
    while at < size and word[at] != "'":
        escape = _ANSI.match(word, at)
        if escape is None:
            run = _ANSI_PLAIN.match(word, at)
            stop = run.end() if run else size
            parts.append(Part(word[at:stop], at, expansion=False))
            at = stop
            continue
        code = escape[1]
        if code[0] in "xuU" and len(code) > 1:
            number = int(code[1:], 16)
            valid = number < 0xD800 or 0xDFFF < number < 0x110000
            text = chr(number) if valid else "\ufffd"
        elif code[0] in "01234567":
            text = chr(int(code, 8) & 0xFF)
        else:
            text = _ANSI_CHARACTERS.get(code, code)
        parts.append(Part(text, at, expansion=False))
        at = escape.end()
    return at + 1


def expansion_end(word: str, at: int) -> int:
    """Where the expansion that starts with `$` or a backquote at `at` ends.

    `at + 1` when it is a lone `$`; the word's end when it is never closed.
    """
    name = _NAME.match(word, at)
    if name:
        return name.end()
    opener = word[at] if word[at] == "`" else word[at : at + 2]
    if opener not in ("$(", "${", "`"):
        return at + 1
    closers = [_CLOSER[opener]]
    at += len(opener)
    while closers:
        pattern = _NESTING_DOUBLE if closers[-1] == '"' else _NESTING
        token = pattern.search(word, at)
        if token is None:
            return len(word)
        at = token.end()
        if token[0] == closers[-1]:
            closers.pop()
        elif token[0] in _CLOSER:
            closers.append(_CLOSER[token[0]])
    return at


def expand(word: str, env: Mapping[str, str], depth: int = 0) -> str | None:
    """The value of a word as written when all that it expands is a variable of `env`.

    None when a variable is not known or a command would have to run. Defaults and alternatives
    (`${A:-b}`, `${A+b}`) are followed.
    """
    found = []
    for part in split_parts(word):
        if not part.expansion:
            found.append(part.text)
            continue
        value = _resolve(part.text, env, depth)
        if value is None:
            return None
        found.append(value)
    return "".join(found)


def _resolve(expansion: str, env: Mapping[str, str], depth: int) -> str | None:
    if _NAME.fullmatch(expansion):
        return env.get(expansion[1:])
    braced = _BRACED.fullmatch(expansion)
    if braced is None or depth >= MAX_DEFAULT_DEPTH:
        return None
    name, operator, word = braced.groups()
    value = env.get(name)
    if operator is None:
        return value
    present = value is not None and (operator[0] != ":" or value != "")
    if operator[-1] == "+":
        return expand(word, env, depth + 1) if present else ""
    if present:
        return value
    return None if operator[-1] == "?" else expand(word, env, depth + 1)
