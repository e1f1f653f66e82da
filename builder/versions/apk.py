"""The order of apk's versions: digits{.digits}{letter}{_suffix{number}}{~hash}{-r number}.

The grammar is apk-package(5)'s. Where two versions part, the kind of what stands there decides:
what may come later in a version is older, but a suffix such as `_rc` is older than anything.
"""

from __future__ import annotations

import re
from functools import lru_cache

from dockgate.builder.versions import ordered

_FIRST, _DIGITS, _LETTER, _SUFFIX, _NUMBER, _HASH, _REVISION, _END = range(8)
_BEFORE = ("alpha", "beta", "pre", "rc")  #: suffixes of what comes before the version
_AFTER = ("cvs", "svn", "git", "hg", "p")
_RANKS = {name: index - len(_BEFORE) for index, name in enumerate(_BEFORE)}
_RANKS |= {name: index + 1 for index, name in enumerate(_AFTER)}
_VERSION = re.compile(
    r"(\d+)((?:\.\d+)*)([a-z]?)"
    rf"((?:_(?:{'|'.join((*_BEFORE, *_AFTER))})\d*)*)"
    r"(?:~([0-9a-f]+))?(?:-r(\d+))?",
    re.ASCII,
)
_SUFFIXES = re.compile(r"_([a-z]+)(\d*)")

Token = tuple[int, "int | str"]


def compare(a: str, b: str) -> int:
    """Compare as `apk version -t` does. Raises ValueError."""
    for left, right in zip(_tokens(a), _tokens(b), strict=False):
        if left != right:
            return _compare_token(left, right)
    return 0  # both have come to their end


def _compare_token(a: Token, b: Token) -> int:
    (kind, value), (other_kind, other) = a, b
    if kind == other_kind:
        if kind == _DIGITS and not str(value).startswith("0") and not str(other).startswith("0"):
            return ordered(int(value), int(other))
        return ordered(value, other)  # digits after a leading zero are a fraction
    for token, sign in ((a, -1), (b, 1)):
        if token[0] == _SUFFIX and isinstance(token[1], int) and token[1] < 0:
            return sign
    return ordered(other_kind, kind)


@lru_cache(4096)
def _tokens(version: str) -> list[Token]:
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        raise ValueError(f"{version!r} is no version of an apk package")
    first, digits, letter, suffixes, commit, revision = match.groups()
    found: list[Token] = [(_FIRST, int(first))]
    found += [(_DIGITS, part) for part in digits.split(".")[1:]]
    if letter:
        found.append((_LETTER, letter))
    for name, number in _SUFFIXES.findall(suffixes):
        found.append((_SUFFIX, _RANKS[name]))
        if number:
            found.append((_NUMBER, int(number)))
    if commit:
        found.append((_HASH, commit))
    if revision:
        found.append((_REVISION, int(revision)))
    return [*found, (_END, 0)]
