"""Patterns at their least cost: expressions are compiled when first used, most names are none."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Pattern:
    """Becomes the compiled expression, attribute by attribute."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:  # until the attribute has been asked for once
        if "_compiled" not in self.__dict__:
            self._compiled = re.compile(self._source, self._flags)
        found = getattr(self._compiled, name)
        setattr(self, name, found)
        return found


def pattern(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """`re.compile(source, flags)`, put off until it is used."""
    return cast("re.Pattern[AnyStr]", _Pattern(source, flags))


def glob(name: str, pattern: str) -> bool:
    """`fnmatch.fnmatchcase`, without an expression for a pattern that is a plain name."""
    if not any(char in pattern for char in "*?["):
        return name == pattern
    from fnmatch import fnmatchcase

    return fnmatchcase(name, pattern)
