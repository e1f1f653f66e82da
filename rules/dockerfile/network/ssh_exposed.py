"""The port of SSH is exposed."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.ports import parse

SSH = 22


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each word of EXPOSE that means 22/tcp, alone or within a range."""
    for instruction in dockerfile.find("EXPOSE"):
        for word, value in zip(instruction.words, instruction.values, strict=False):
            ports, protocol = parse(value)
            if ports is not None and protocol == "tcp" and ports[0] <= SSH <= ports[1]:
                yield Finding(
                    f"EXPOSE {value} opens the port of SSH",
                    word.span,
                    stage=instruction.stage,
                    help="use docker exec or kubectl exec to look into a container",
                )


RULE = Rule(
    "ssh-exposed",
    Dockerfile,
    Severity.WARNING,
    why=(
        "An SSH server in a container is a second way in beside the one that the platform "
        "controls and logs: it needs keys or passwords within the image, its own patches and "
        "mostly root, and it is the first port that bots try. docker exec and kubectl exec give "
        "the same shell under the platform's own rights."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#expose",
        "CIS Docker 1.6 5.7",
        "CWE-284",
    ),
    aliases=("DS-0004", "CKV_DOCKER_1", "exposing_port_22"),
    examples=(
        bad("FROM debian:12\nEXPOSE 22\n", at=[2]),
        bad("FROM debian:12\nEXPOSE 80 \\\n  22/tcp\n", at=[3]),
        bad("FROM debian:12\nARG SSH=22\nEXPOSE $SSH\n", at=[3]),
        bad("FROM debian:12\nEXPOSE 20-25\n", at=[2]),
        good("FROM debian:12\nEXPOSE 2222 220 8022\n"),
        good("FROM debian:12\nEXPOSE 22/udp\n"),
        good("FROM debian:12\nEXPOSE 22:8080\n"),
    ),
    needs=("EXPOSE",),
    check=check,
)
