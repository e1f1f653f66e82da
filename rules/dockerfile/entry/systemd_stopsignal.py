"""systemd in a container that is told to stop by SIGTERM."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.processes import last, main_process
from dockgate.rules.subjects.signals import canonical
from dockgate.rules.subjects.users import base_of

#: Bases whose /sbin/init is another program.
_OTHER_INIT = ("alpine", "busybox", "void")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the program of the final stage's ENTRYPOINT or CMD."""
    stage = dockerfile.final
    found = main_process(stage) if stage is not None else None
    if stage is None or found is None:
        return
    instruction, command = found
    word = command.name_word
    path = word.value if word is not None else ""
    init = path in ("/sbin/init", "/usr/sbin/init")
    if word is None or not (init or path.endswith(("/systemd", "/lib/systemd/systemd"))):
        return
    if init and any(name in base_of(stage).name for name in _OTHER_INIT):
        return
    signal = last(stage, "STOPSIGNAL")
    if signal is not None and canonical(signal.values[0] if signal.values else "") not in (
        "SIGTERM",
        "SIGINT",
        "SIGKILL",
    ):
        return
    yield Finding(
        f"{path} does not shut down on SIGTERM",
        word.span,
        stage=instruction.stage,
        help="add STOPSIGNAL SIGRTMIN+3",
    )


RULE = Rule(
    "systemd-stopsignal",
    Dockerfile,
    Severity.WARNING,
    why=(
        "On SIGTERM systemd starts itself anew and stops nothing. docker stop waits its ten "
        "seconds and kills the container with all services in it: databases recover at their next "
        "start, if they can. On SIGRTMIN+3 systemd stops its services in order and ends."
    ),
    references=(
        "https://systemd.io/CONTAINER_INTERFACE/",
        "https://docs.docker.com/reference/dockerfile/#stopsignal",
    ),
    aliases=("prefer-systemd-sigrtmin-plus-3",),
    examples=(
        bad('FROM fedora:44\nCMD ["/usr/sbin/init"]\n', at=[2]),
        bad('FROM debian:12\nSTOPSIGNAL 15\nENTRYPOINT ["/lib/systemd/systemd"]\n', at=[3]),
        good('FROM fedora:44\nSTOPSIGNAL SIGRTMIN+3\nCMD ["/usr/sbin/init"]\n'),
        good('FROM debian:12\nSTOPSIGNAL rtmin+3\nCMD ["/sbin/init"]\n'),
        good('FROM alpine:3.22\nCMD ["/sbin/init"]\n'),
        good('FROM debian:12\nENTRYPOINT ["/run.sh"]\nCMD ["/sbin/init"]\n'),
    ),
    needs=("CMD", "ENTRYPOINT"),
    check=check,
)
