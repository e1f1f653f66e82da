"""No EXPOSE."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.processes import last


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the final stage's FROM when the image starts something and says no port."""
    stage = dockerfile.final
    if stage is None or last(stage, "EXPOSE"):
        return
    if last(stage, "CMD") or last(stage, "ENTRYPOINT"):
        yield Finding(
            "the image says no port with EXPOSE",
            stage.base.span,
            stage=stage,
            help="if it listens, add EXPOSE with the port",
        )


RULE = Rule(
    "missing-expose",
    Dockerfile,
    Severity.INFO,
    why=(
        "EXPOSE tells people and tools which port the program listens on: docker run -P publishes "
        "it, reverse proxies find it. The rule is off by default: EXPOSE opens nothing by itself, "
        "and workers, jobs and command line tools listen on no port."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#expose",),
    aliases=("DF022",),
    enabled=False,
    examples=(
        bad('FROM debian:12\nCMD ["/app"]\n', at=[1]),
        bad("FROM a:1 AS b\nEXPOSE 80\nFROM debian:12\nENTRYPOINT /app\n", at=[3]),
        good('FROM debian:12\nEXPOSE 80\nCMD ["/app"]\n'),
        good("FROM debian:12 AS b\nEXPOSE 80\nFROM b\nCMD /app\n"),
        good("FROM debian:12\nCOPY a /a\n"),
    ),
    check=check,
)
