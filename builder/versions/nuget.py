"""The order of NuGet's versions (https://learn.microsoft.com/nuget/concepts/package-versioning).

SemVer 2.0.0 with up to four numbers, and pre-releases that compare without regard to case.
"""

from __future__ import annotations

import re
from functools import lru_cache

from dockgate.builder.versions import ordered, semver

_VERSION = re.compile(
    r"(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]*)?",
    re.ASCII,
)


def compare(a: str, b: str) -> int:
    """Compare; metadata after `+` does not count. Raises ValueError."""
    first, second = _parse(a), _parse(b)
    return ordered(first.numbers, second.numbers) or semver.compare_pre(first.pre, second.pre)


@lru_cache(4096)
def _parse(version: str) -> semver.Parsed:
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        raise ValueError(f"{version!r} is no version of a NuGet package")
    numbers = tuple(int(part or 0) for part in match.group(1, 2, 3, 4))
    return semver.Parsed(numbers, tuple(match[5].lower().split(".")) if match[5] else ())
