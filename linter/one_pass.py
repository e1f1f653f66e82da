"""Which of many expressions match, found in one pass over bytes: Hyperscan, where it is installed.

https://intel.github.io/hyperscan/dev-reference/compilation.html says which expressions it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast


def finder(expressions: Sequence[bytes]) -> Callable[[bytes], list[int]] | None:
    """What gives the expressions that match somewhere in bytes, by their numbers, in order.

    None without Hyperscan. It works in a time that is linear, and for one thread.
    """
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
