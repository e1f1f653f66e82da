"""Names with values in text: `DB_PASSWORD=x`, `"password": "x"`, `--token x`.

One expression over the whole text, anchored at the words that secrets' names are made of; what
the name and the value mean is asked of rules/secret_names.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from dockgate.rules import secret_names
from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple

#: Literals, lower case, of which each text with a secret's name has one.
NEEDLES = ("pass", "pwd", "secret", "token", "key", "cred", "auth")

#: Characters of a text from which on google-re2, where it is installed, looks for the names.
LONG_TEXT = 4096

#: Characters before the anchoring word that may belong to the name.
MAX_PREFIX = 64


class Assignment(NamedTuple):
    """`kind` is secret_names' answer for the name; `start` and `end` are the value's, bare."""

    name: str
    kind: str
    value: str
    start: int
    end: int
    quoted: bool


#: What follows the first word of a sentence: `TOKEN: not set`.
_PROSE = pattern(r"[ \t]+\w")

#: With which every JDK protects its list of authorities: a trust store holds nothing secret.
_TRUST_STORE, _JAVA_DEFAULT = "truststorepassword", "changeit"

_EXPANDED = pattern(r"\$[A-Za-z_{(]")


_WORDS = (
    r"(?:passw(?:or)?d|passphrase|passcode|pass|pwd|psw|secret|token|api[_-]?key"
    r"|access[_-]?key|private[_-]?key|[_-]key|credentials?|creds|auth)"
)


def _words(further: tuple[str, ...]) -> str:
    return "(?:" + "|".join((_WORDS, *map(re.escape, further))) + ")"


@lru_cache(maxsize=4)
def _expression(further: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        _words(further) + r"[\w.-]{0,40}"
        r"(?:\\?[\"']?\]?[ \t]*(?:=>|:=|=|:)[ \t]*|(?<=[a-z])[ \t]+(?=[^\s=:-]))"
        r"(?:\\?\"(?P<double>[^\"\\\n]*)\\?\"|\\?'(?P<single>[^'\n]*)'"
        r"|(?P<bare>[^\s\"'`;|&<>(){},\\]+))",
        re.IGNORECASE,
    )


@lru_cache(maxsize=4)
def _linear(further: tuple[str, ...]) -> Any:
    """The start of `_expression` for google-re2, None where that is not installed."""
    try:
        import re2  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return None
    options = re2.Options()
    options.never_capture = True
    options.encoding = re2.Options.Encoding.LATIN1
    blank = r"[a-z][ \t]+[^\s=:-]"
    operator = r"\\?[\"']?\]?[ \t]*[=:]"
    return re2.compile(rf"(?i){_words(further)}[\w.-]*(?:{operator}|{blank})".encode(), options)


def _matches(text: str, further: tuple[str, ...]) -> Iterator[re.Match[str]]:
    """What `_expression` finds; `re` alone needs a second for 10 MB."""
    expression = _expression(further)
    linear = _linear(further) if len(text) >= LONG_TEXT and text.isascii() else None
    if linear is None:
        yield from expression.finditer(text)
        return
    at = 0
    for candidate in linear.finditer(text.encode("ascii")):
        match = expression.match(text, max(candidate.start(), at))
        if match is not None:
            yield match
            at = match.end()


def possible(text: str, further: tuple[str, ...] = ()) -> bool:
    """Whether any name in `text` can mean a secret; `further` are names that the user declared."""
    lowered = text.lower()
    return any(needle in lowered for needle in NEEDLES) or any(
        name.lower() in lowered for name in further
    )


def find(text: str, further: tuple[str, ...] = ()) -> Iterator[Assignment]:
    """The assignments of `text` whose name means a secret and whose value gives it away."""
    if not possible(text, further):
        return
    for match in _matches(text, further):
        group = match.lastgroup or "bare"
        value = match.group(group)
        start, end = match.span(group)
        first = match.start()
        while first > 0 and match.start() - first < MAX_PREFIX and _in_name(text[first - 1]):
            first -= 1
        name = re.match(r"[\w.-]*", text[first:start])
        bare_name = name.group().strip("-.") if name else ""
        # A blank parts only an option from its value: `--password x`; `the password is` is prose.
        operator = text[first + len(name.group() if name else "") : start]
        if not operator.strip(" \t\"'\\") and not text.startswith("--", first):
            continue
        if group != "single" and _EXPANDED.search(text, start, min(end + 1, len(text))):
            continue
        if group == "bare" and operator.endswith((":", ": ")) and _PROSE.match(text, end):
            continue
        if text[max(first - 2, 0) : first] == "${":  # ${NAME:-default}
            if value[:1] not in ("-", "="):
                continue
            value, start = value[1:], start + 1
        kind = secret_names.secret_name(bare_name.rpartition(".")[2] or bare_name, further)
        if kind is None or secret_names.harmless_value(kind, value):
            continue
        if value == _JAVA_DEFAULT and _TRUST_STORE in re.sub(r"[._-]", "", bare_name).lower():
            continue
        yield Assignment(bare_name, kind, value, start, end, group != "bare")


def _in_name(char: str) -> bool:
    return char.isalnum() or char in "_.-"
