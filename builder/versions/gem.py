"""The order of RubyGems' versions (Gem::Version, https://guides.rubygems.org/patterns/)."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import zip_longest

from dockgate.builder.versions import ordered

_VERSION = re.compile(
    r"(?:[0-9]+(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)?", re.ASCII
)
_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+")


def compare(a: str, b: str) -> int:
    """Compare segment by segment; a word makes a pre-release. Raises ValueError."""
    for left, right in zip_longest(_segments(a), _segments(b), fillvalue=0):
        if left == right:
            continue
        if isinstance(left, str) == isinstance(right, str):
            return ordered(left, right)
        return -1 if isinstance(left, str) else 1
    return 0


@lru_cache(4096)
def _segments(version: str) -> tuple[int | str, ...]:
    """Numbers and words, without the zeros that end the release or the pre-release."""
    text = version.strip()
    if not _VERSION.fullmatch(text):
        raise ValueError(f"{version!r} is no version of a gem")
    found: list[int | str] = [
        int(part) if part.isdigit() else part
        for part in _SEGMENT.findall(text.replace("-", ".pre.") or "0")
    ]
    words = (index for index, part in enumerate(found) if isinstance(part, str))
    cut = next(words, len(found))
    return (*_without_zeros(found[:cut]), *_without_zeros(found[cut:]))


def _without_zeros(segments: list[int | str]) -> list[int | str]:
    while segments and segments[-1] == 0:
        segments.pop()
    return segments
