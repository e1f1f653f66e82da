"""Signals as STOPSIGNAL reads them (moby/sys/signal) and as people write them."""

from __future__ import annotations

import re

#: By number on x86 and Arm.
_NAMES = [
    *("HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2"),
    *("PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG"),
    *("XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"),
]
NUMBERS = {name: number for number, name in enumerate(_NAMES, 1)}
_OTHER = frozenset({"CLD", "IOT", "POLL", "UNUSED", "RTMIN", "RTMAX"})
#: These have one number on every architecture of Linux.
SAME_EVERYWHERE = frozenset({1, 2, 3, 4, 5, 6, 8, 9, 11, 13, 14, 15})
HIGHEST = 64


def is_signal(value: str) -> bool:
    """Whether the engine can send it: a name in any case, with or without SIG, or a number."""
    if re.fullmatch(r"[+-]?\d{1,9}", value):
        return 1 <= int(value) <= HIGHEST
    name = value.upper().removeprefix("SIG")
    if re.fullmatch(r"RTMIN(\+(?:[1-9]|1[0-5]))?|RTMAX(-(?:[1-9]|1[0-4]))?", name):
        return True
    return name in NUMBERS or name in _OTHER


def canonical(value: str) -> str:
    """`SIGTERM` for `15`, `term` and `SIGTERM`; what is no signal, or has no name, as it is."""
    if value.isdecimal() and value.isascii():
        number = int(value)
        return f"SIG{_NAMES[number - 1]}" if 1 <= number <= len(_NAMES) else value
    return f"SIG{value.upper().removeprefix('SIG')}" if is_signal(value) else value
