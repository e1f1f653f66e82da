"""EXPOSE's words."""

from __future__ import annotations

from dockgate.rules.pattern import pattern

HIGHEST = 65535
#: tcp ports by which one takes over a machine, mostly without a password worth its name.
ADMIN = {
    23: "telnet, which sends passwords in the clear",
    512: "rexec, which trusts addresses",
    513: "rlogin, which trusts addresses",
    514: "rsh, which trusts addresses",
    2375: "the Docker API without TLS: root on the host for whoever reaches it",
    3389: "Remote Desktop",
    5900: "VNC, whose passwords have eight characters",
    5901: "VNC, whose passwords have eight characters",
    6000: "X11, which shows and takes all input",
    10250: "the kubelet, which runs commands in every pod",
}
_PORT = pattern(r"(\d{1,9})(?:-(\d{1,9}))?")


def parse(value: str) -> tuple[tuple[int, int] | None, str]:
    """First and last port and protocol of `[[ip:]host:]port[-port][/protocol]`; None for no port.

    What stands before the last colon is about the host, and the engine ignores it.
    """
    port, _, protocol = value.strip().partition("/")
    match = _PORT.fullmatch(port.rpartition(":")[2])
    ports = (int(match[1]), int(match[2] or match[1])) if match else None
    return ports, protocol.lower() or "tcp"
