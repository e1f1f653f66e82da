"""EXPOSE with something that is no port."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.ports import HIGHEST, parse

_PROTOCOLS = ("tcp", "udp", "sctp")


def _fault(value: str) -> str:
    ports, protocol = parse(value)
    if ports is None:
        return "is no port: a number, or two with a dash between"
    if protocol not in _PROTOCOLS:
        return f"has the unknown protocol {protocol}: use {', '.join(_PROTOCOLS)}"
    if ports[1] > HIGHEST:
        return f"is out of range: ports end at {HIGHEST}"
    if ports[0] > ports[1]:
        return "is a range that ends before it starts"
    return ""


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each word that gives no port once variables are put in; unknown ones are left."""
    for instruction in dockerfile.find("EXPOSE"):
        for word, value in zip(instruction.words, instruction.values, strict=False):
            # What an ARG without a default leaves out is for --build-arg to give.
            unknown = "$" in word.value and ("$" in value or not re.match(r"\S*\d", value))
            fault = "" if unknown or not value.strip() else _fault(value)
            if fault:
                yield Finding(f"EXPOSE {value} {fault}", word.span, stage=instruction.stage)


RULE = Rule(
    "invalid-port",
    Dockerfile,
    Severity.ERROR,
    why=(
        "A port is a number from 0 to 65535, alone or as a range, with tcp, udp or sctp behind a "
        "slash. Anything else makes BuildKit refuse the build, or, with an older engine, leaves "
        "an image whose documentation is wrong for the person who publishes its ports."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#expose",),
    aliases=(
        "DL3011",
        "DS-0008",
        "unix_ports_out_of_range",
        "invalid-port",
        "DF040",
        "invalid_port",
        "INVALID_PORT",
        "INVALID_PROTO",
    ),
    examples=(
        bad("FROM scratch\nEXPOSE 70000\n", at=[2]),
        bad("FROM scratch\nEXPOSE 80 http 443\n", at=[2]),
        bad("FROM scratch\nENV PORT=99999\nEXPOSE ${PORT}/tcp\n", at=[3]),
        bad("FROM scratch\nEXPOSE 9000-8000\n", at=[2]),
        bad("FROM scratch\nEXPOSE 80 \\\n  53/dns\n", at=[3]),
        good("FROM scratch\nEXPOSE 80 443/tcp 53/udp 65535 8000-8010/TCP\n"),
        good("FROM scratch\nEXPOSE $PORT\n"),
        good("FROM scratch\nARG PORT\nEXPOSE ${PORT}/udp\n"),
        good("FROM scratch\nEXPOSE 127.0.0.1:8080:80\n"),
    ),
    needs=("EXPOSE",),
    check=check,
)
