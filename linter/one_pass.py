"""Which of many expressions match, found in one pass over bytes, in a time that is linear.

RE2 is ready at once; Hyperscan takes 50 ms to compile some dozens of expressions and then reads
two to five times as much in a second. So the first bytes are RE2's, where both are installed.
https://github.com/google/re2/wiki/Syntax,
https://intel.github.io/hyperscan/dev-reference/compilation.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

#: Bytes that RE2 is asked before Hyperscan is compiled.
FEW_BYTES = 2 << 20
#: Bytes that RE2 may use for its automaton.
MAX_MEMORY = 64 << 20

Find = Callable[[bytes], list[int]]


class OnePass:
    """Expressions over bytes, which are taken for Latin-1; asked by one thread."""

    def __init__(self, expressions: Sequence[bytes]) -> None:
        self._expressions = expressions
        self._left = FEW_BYTES
        self._find = _by_re2(expressions)
        if self._find is None:
            self._left = 0
            self._find = _by_hyperscan(expressions)

    @property
    def works(self) -> bool:
        """Whether one of the libraries is installed; without, `find` must not be called."""
        return self._find is not None

    def find(self, data: bytes) -> list[int]:
        """The expressions that match somewhere, by their numbers, in order."""
        if self._left > 0:
            self._left -= len(data)
            if self._left <= 0:
                self._find = _by_hyperscan(self._expressions) or self._find
        return cast("Find", self._find)(data)


def re2_options(re2: Any) -> Any:
    """Options of RE2 for expressions over bytes."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    return options


def _by_re2(expressions: Sequence[bytes]) -> Find | None:
    try:
        import re2  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return None
    together = re2.Set.SearchSet(re2_options(re2))
    for expression in expressions:
        together.Add(expression)
    together.Compile()
    return lambda data: sorted(together.Match(data) or ())


def _by_hyperscan(expressions: Sequence[bytes]) -> Find | None:
    try:
        import hyperscan
    except ImportError:
        return None
    database = hyperscan.Database()
    try:
        database.compile(
            expressions=list(expressions),
            ids=list(range(len(expressions))),
            flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(expressions),
        )
    except hyperscan.ArchitectureError:  # a processor without SSSE3
        return None

    def find(data: bytes) -> list[int]:
        found: list[int] = []
        database.scan(data, match_event_handler=_take, context=found)
        return sorted(found) if len(found) > 1 else found

    return find


def _take(number: int, _start: int, _end: int, _flags: int, found: object) -> None:
    cast("list[int]", found).append(number)
