"""The order of RPM's versions: epoch, version and release by rpmvercmp (rpm-version(7))."""

from __future__ import annotations

import re
from functools import lru_cache

from dockgate.builder.versions import ordered

_LABEL = re.compile(r"(?:([0-9]*):)?([^:\s]+?)(?:-([^-:\s]*))?")
_SEGMENT = re.compile(r"~|\^|[0-9]+|[A-Za-z]+")


def compare(a: str, b: str) -> int:
    """Compare `[epoch:]version[-release]` as rpm does. Raises ValueError.

    A version without a release is older than the same one with any.
    """
    first, second = _parse(a), _parse(b)
    for left, right in zip(first, second, strict=True):
        found = rpmvercmp(left, right) if left is not None and right is not None else 0
        if left is None or right is None:
            found = ordered(left is not None, right is not None)
        if found:
            return found
    return 0


def rpmvercmp(a: str, b: str) -> int:
    """Compare two parts of a label, segment by segment.

    `~` is older than the end, which is older than `^`, which is older than any other segment; a
    number is newer than a word.
    """
    if a == b:
        return 0
    left, right = _segments(a), _segments(b)
    for one, two in zip(left, right, strict=False):
        if one == two:
            continue
        for mark in ("~", "^"):
            if mark in (one, two):
                return -1 if one == mark else 1
        if one.isdigit() != two.isdigit():
            return 1 if one.isdigit() else -1
        found = ordered(int(one), int(two)) if one.isdigit() else ordered(one, two)
        if found:
            return found
    if len(left) == len(right):
        return 0
    rest, sign = (left[len(right)], 1) if len(left) > len(right) else (right[len(left)], -1)
    return -sign if rest == "~" else sign


@lru_cache(4096)
def _segments(part: str) -> list[str]:
    return _SEGMENT.findall(part)


@lru_cache(4096)
def _parse(label: str) -> tuple[str, str, str | None]:
    match = _LABEL.fullmatch(label.strip())
    if match is None or not label.isascii():
        raise ValueError(f"{label!r} is no version of an RPM package")
    return match[1] or "0", match[2], match[3]
