"""EXPOSE's words."""

from __future__ import annotations

from dockgate.rules.pattern import pattern

HIGHEST = 65535
_PORT = pattern(r"(\d{1,9})(?:-(\d{1,9}))?")


def parse(value: str) -> tuple[tuple[int, int] | None, str]:
    """First and last port and protocol of `[[ip:]host:]port[-port][/protocol]`; None for no port.

    What stands before the last colon is about the host, and the engine ignores it.
    """
    port, _, protocol = value.strip().partition("/")
    match = _PORT.fullmatch(port.rpartition(":")[2])
    ports = (int(match[1]), int(match[2] or match[1])) if match else None
    return ports, protocol.lower() or "tcp"
