"""The order of Debian's versions (deb-version(7), Debian policy 5.6.12)."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import zip_longest

from dockgate.builder.versions import ordered

_EPOCH_LIMIT = 2**31  #: an epoch is an int of C
_UPSTREAM = re.compile(r"[A-Za-z0-9.+~:-]+")
_REVISION = re.compile(r"[A-Za-z0-9.+~]+")
_PARTS = re.compile(r"([^0-9]*)([0-9]*)")


def compare(a: str, b: str) -> int:
    """Compare as `dpkg --compare-versions` does. Raises ValueError."""
    first, second = _parse(a), _parse(b)
    if first[0] != second[0]:
        return ordered(first[0], second[0])
    return _compare_part(first[1], second[1]) or _compare_part(first[2], second[2])


@lru_cache(4096)
def _parse(version: str) -> tuple[int, str, str]:
    """Epoch, upstream version and revision."""
    text = version.strip()
    epoch, colon, rest = text.partition(":")
    if not colon:
        epoch, rest = "0", text
    if not epoch.isascii() or not epoch.isdigit() or len(epoch) > 10 or int(epoch) >= _EPOCH_LIMIT:
        raise ValueError(f"{version!r} is no Debian version: its epoch is no number")
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    if not _UPSTREAM.fullmatch(upstream) or (dash and not _REVISION.fullmatch(revision)):
        raise ValueError(f"{version!r} is no Debian version")
    return int(epoch), upstream, revision


def _compare_part(a: str, b: str) -> int:
    """Turn by turn what is no number by character, and what is one by value."""
    for (text_a, digits_a), (text_b, digits_b) in zip_longest(
        _PARTS.findall(a), _PARTS.findall(b), fillvalue=("", "")
    ):
        if text_a != text_b:
            found = _compare_text(text_a, text_b)
            if found:
                return found
        found = ordered(int(digits_a or 0), int(digits_b or 0))
        if found:
            return found
    return 0


def _compare_text(a: str, b: str) -> int:
    for left, right in zip_longest(a, b, fillvalue=""):
        if left != right:
            return ordered(_weight(left), _weight(right))
    return 0


def _weight(character: str) -> int:
    """`~` before the end, the end before letters, letters before all else."""
    if character == "~":
        return -1
    if not character:
        return 0
    return ord(character) if character.isalpha() else ord(character) + 256
