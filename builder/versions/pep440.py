"""The order of Python's versions (PEP 440), by `packaging`."""

from __future__ import annotations

from functools import lru_cache

from packaging.version import Version

from dockgate.builder.versions import ordered


def compare(a: str, b: str) -> int:
    """Compare; a version that PEP 440 does not know raises ValueError."""
    return ordered(_parse(a), _parse(b))


@lru_cache(4096)
def _parse(version: str) -> Version:
    return Version(version)  # its InvalidVersion is a ValueError
