"""A server that would end well on another signal than the one it gets."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.data import load
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.processes import last, main_process
from dockgate.rules.subjects.signals import canonical
from dockgate.rules.subjects.users import base_of


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the program of ENTRYPOINT or CMD, or at a STOPSIGNAL SIGTERM that is given it."""
    stage = dockerfile.final
    found = main_process(stage) if stage is not None else None
    if stage is None or found is None:
        return
    instruction, command = found
    known = load("stop-signals")["programs"].get(command.name)
    if known is None:
        return
    signal, instead = known
    given = last(stage, "STOPSIGNAL")
    if given is None and base_of(stage).name.startswith(
        ("nginx", "httpd", "php", "haproxy", "post")
    ):
        return  # these official images say it themselves
    if given is not None and (not given.values or canonical(given.values[0]) != "SIGTERM"):
        return
    yield Finding(
        f"on SIGTERM {command.name} {instead}",
        given.words[0].span if given is not None else command.span,
        stage=(given or instruction).stage,
        help=f"add STOPSIGNAL {signal}" if given is None else f"write STOPSIGNAL {signal}",
    )


RULE = Rule(
    "daemon-stopsignal",
    Dockerfile,
    Severity.INFO,
    why=(
        "docker stop and Kubernetes send SIGTERM unless the image says otherwise. Some servers "
        "take it as 'stop at once': with each rolling update the requests that are open at that "
        "moment are cut off, which users see as errors that nobody can reproduce. The signal for "
        "a graceful end is another one there, and the official images set it. Servers behind a "
        "shell or a start script are not looked at."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#stopsignal",
        "https://nginx.org/en/docs/control.html",
    ),
    aliases=("prefer-nginx-sigquit",),
    examples=(
        bad('FROM alpine:3.22\nCMD ["nginx", "-g", "daemon off;"]\n', at=[2]),
        bad('FROM debian:12\nSTOPSIGNAL SIGTERM\nENTRYPOINT ["/usr/sbin/nginx"]\n', at=[2]),
        bad('FROM alpine:3.22\nENTRYPOINT ["postgres"]\nCMD ["-D", "/data"]\n', at=[2]),
        good('FROM alpine:3.22\nSTOPSIGNAL SIGQUIT\nCMD ["nginx", "-g", "daemon off;"]\n'),
        good('FROM nginx:1.29\nCMD ["nginx", "-g", "daemon off;"]\n'),
        good('FROM alpine:3.22\nENTRYPOINT ["/start.sh"]\nCMD ["nginx"]\n'),
        good('FROM alpine:3.22\nCMD ["node", "nginx"]\n'),
    ),
    needs=("CMD", "ENTRYPOINT"),
    check=check,
)
