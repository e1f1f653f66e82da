"""A port of remote administration is exposed."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.ports import ADMIN, parse


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each word of EXPOSE that is such a port alone; a range is no decision for it."""
    for instruction in dockerfile.find("EXPOSE"):
        for word, value in zip(instruction.words, instruction.values, strict=False):
            ports, protocol = parse(value)
            if ports is not None and protocol == "tcp" and ports[0] == ports[1]:
                what = ADMIN.get(ports[0])
                if what:
                    yield Finding(
                        f"EXPOSE {value} opens {what}",
                        word.span,
                        stage=instruction.stage,
                        help="leave it out, and reach the container by docker exec or kubectl",
                    )


RULE = Rule(
    "admin-port-exposed",
    Dockerfile,
    Severity.WARNING,
    why=(
        "These ports give a shell, a screen or the whole engine to whoever reaches them. EXPOSE "
        "tells docker run -P to publish them on all addresses of the host, and the person who "
        "reads it to publish them by hand; bots find them within minutes. Rootless VNC desktops "
        "and docker-in-docker images, for which such a port is the purpose, should ask for TLS "
        "and a tunnel, and ignore the rule with a reason."
    ),
    references=(
        "https://docs.docker.com/engine/security/protect-access/",
        "https://docs.docker.com/reference/dockerfile/#expose",
        "CIS Docker 1.6 5.8",
        "CWE-306",
    ),
    examples=(
        bad("FROM debian:12\nEXPOSE 23\n", at=[2]),
        bad("FROM debian:12\nEXPOSE 80 \\\n  2375/tcp\n", at=[3]),
        bad("FROM debian:12\nENV P=5900\nEXPOSE $P\n", at=[3]),
        good("FROM docker:27-dind\nEXPOSE 2376\n"),
        good("FROM debian:12\nEXPOSE 514/udp 8023 23000\n"),
        good("FROM debian:12\nEXPOSE 6000-7000\n"),
    ),
    needs=("EXPOSE",),
    check=check,
)
