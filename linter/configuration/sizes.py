"""Sizes as people write them."""

from __future__ import annotations

import re

from dockgate.rules.pattern import pattern

_SIZE = pattern(r"\s*(\d{1,18})(\.\d{1,9})?\s*([kmgtp]?)(i?)(b?)\s*", re.IGNORECASE | re.ASCII)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


def parse_size(text: str) -> int:
    """Bytes of `500MB` (powers of 1000, as docker counts), `1GiB` (powers of 1024), `1024`.

    Raises ValueError that says what is understood.
    """
    match = _SIZE.fullmatch(text)
    if match is None or (match[4] and not match[3]):
        raise ValueError(f"not a size: {text!r} (write 500MB, 1GiB or a number of bytes)")
    unit = _power(1024 if match[4] else 1000, _POWERS[match[3].lower()])
    whole, fraction = int(match[1]), match[2] or ".0"
    return whole * unit + int(fraction[1:]) * unit // _power(10, len(fraction) - 1)


def _power(base: int, exponent: int) -> int:
    return int(base**exponent)


def human_size(size: int) -> str:
    """`512.0MB`: powers of 1000, one digit after the point."""
    value, units = float(size), ["B", "kB", "MB", "GB", "TB", "PB"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{size}B" if units[0] == "B" else f"{value:.1f}{units[0]}"
