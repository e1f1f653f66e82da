"""The order of semantic versions (SemVer 2.0.0, section 11).

Advisories shorten versions: missing parts are 0, and a `v` may stand before.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from dockgate.builder.versions import ordered

_VERSION = re.compile(
    r"[vV=]?(\d+)(?:\.(\d+))?(?:\.(\d+))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?",
    re.ASCII,
)


class Parsed(NamedTuple):
    """A version's numbers, and its pre-release identifiers; none for a release."""

    numbers: tuple[int, ...]
    pre: tuple[str, ...]


def compare(a: str, b: str) -> int:
    """Compare by precedence; build metadata does not count. Raises ValueError."""
    first, second = _parse(a), _parse(b)
    return ordered(first.numbers, second.numbers) or compare_pre(first.pre, second.pre)


def compare_pre(a: tuple[str, ...], b: tuple[str, ...]) -> int:
    """Compare pre-releases: none is newest, numbers are older than words, fewer older than more."""
    if not a or not b:
        return ordered(not a, not b)
    for left, right in zip_longest(a, b):
        if left is None or right is None:
            return -1 if left is None else 1
        if left.isdigit() and right.isdigit():
            found = ordered(int(left), int(right))
        elif left.isdigit() or right.isdigit():
            found = -1 if left.isdigit() else 1
        else:
            found = ordered(left, right)
        if found:
            return found
    return 0


@lru_cache(4096)
def _parse(version: str) -> Parsed:
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        raise ValueError(f"{version!r} is no semantic version")
    numbers = tuple(int(part or 0) for part in match.group(1, 2, 3))
    return Parsed(numbers, tuple(match[4].split(".")) if match[4] else ())
