"""The order of Composer's versions (https://getcomposer.org/doc/articles/versions.md).

Composer brings a version into one form and compares that as PHP's version_compare does.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import zip_longest

from dockgate.builder.versions import ordered

_MODIFIER = r"[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?\d+)*)?)?([.-]?dev)?"
_VERSION = re.compile(rf"v?(\d{{1,5}})(\.\d+)?(\.\d+)?(\.\d+)?{_MODIFIER}", re.I | re.A)
#: of the form 2024.01.31 or 20240131-1259
_DATED = re.compile(
    rf"v?(\d{{4}}(?:[.:-]?\d{{2}}){{1,6}}(?:[.:-]?\d{{1,3}}){{0,2}}){_MODIFIER}", re.I | re.A
)
_NUMBERS = re.compile(r"\d+")
_ORDER = {
    "dev": 0, "alpha": 1, "a": 1, "beta": 2, "b": 2, "rc": 3, "patch": 5, "pl": 5, "p": 5,
}  # fmt: skip
_NUMBER = 4  #: where a number stands among the words, and the end


def compare(a: str, b: str) -> int:
    """Compare two releases. Raises ValueError, for branches (`dev-main`) too."""
    for left, right in zip_longest(_parts(a), _parts(b)):
        found = _compare_part(left, right)
        if found:
            return found
    return 0


@lru_cache(4096)
def _parts(version: str) -> tuple[int | str, ...]:
    """The numbers and words of the form that Composer gives a version."""
    text = version.strip().partition("+")[0]
    match = _VERSION.fullmatch(text)
    if match is not None:
        numbers = [int((part or ".0").lstrip(".")) for part in match.group(1, 2, 3, 4)]
        word, count, dev = match.group(5, 6, 7)
    else:
        match = _DATED.fullmatch(text)
        if match is None:
            raise ValueError(f"{version!r} is no version of a Composer package")
        numbers = [int(part) for part in _NUMBERS.findall(match[1])]
        word, count, dev = match.group(2, 3, 4)
    found: list[int | str] = [*numbers]
    if word and word.lower() != "stable":
        found.append(word.lower())
        found += [int(part) for part in _NUMBERS.findall(count or "")]
    elif word:
        return tuple(found)  # whatever stands after `stable` is left out
    if dev:
        found.append("dev")
    return tuple(found)


def _compare_part(a: int | str | None, b: int | str | None) -> int:
    if isinstance(a, int) and isinstance(b, int):
        return ordered(a, b)
    if a is None or b is None:  # what goes on with a number is newer
        there = b if a is None else a
        found = 1 if isinstance(there, int) else ordered(_rank(there), _NUMBER)
        return -found if a is None else found
    return ordered(_rank(a), _rank(b))


def _rank(part: int | str | None) -> int:
    return _ORDER[part] if isinstance(part, str) else _NUMBER
