"""Another program in the place of /bin/sh, where SHELL would do."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.shells import replaces_sh

_NAMES = ("ln", "mv", "cp", "dpkg-reconfigure", "update-alternatives")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the command of a RUN that changes what /bin/sh is."""
    for instruction, command in dockerfile.commands(*_NAMES):
        if instruction.cmd == "RUN" and replaces_sh(command):
            yield Finding(
                f"{command.name} changes what /bin/sh is, for every script of the image",
                command.span,
                stage=instruction.stage,
                help='choose the shell of this Dockerfile alone: SHELL ["/bin/bash", "-c"]',
            )


RULE = Rule(
    "default-shell-replaced",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Who links bash to /bin/sh wants to write bash in RUN. But the link holds for everything "
        "in the image: the maintainer scripts of packages are written for the old one, the next "
        "upgrade of dash or BusyBox puts it back, and an unpacked layer breaks where the link's "
        "target is missing. SHELL changes the shell of the following instructions and nothing "
        "else."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#shell",
        "https://www.debian.org/doc/debian-policy/ch-files.html#scripts",
    ),
    aliases=(
        "DL4005",
        "changing_default_shell_using_run_command",
        "use-shell-instruction",
    ),
    examples=(
        bad("FROM debian:12\nRUN ln -sf /bin/bash /bin/sh\n", at=[2]),
        bad("FROM alpine:3.20\nRUN apk add bash && \\\n  cp /bin/bash /bin/sh\n", at=[3]),
        bad("FROM debian:12\nRUN echo no | dpkg-reconfigure dash\n", at=[2]),
        good('FROM debian:12\nSHELL ["/bin/bash", "-c"]\nRUN [[ -e /x ]] || true\n'),
        good("FROM debian:12\nRUN ln -s /bin/busybox /out/bin/sh\n"),
        good("FROM debian:12\nRUN ln -s /bin/sh /usr/local/bin/my-sh\n"),
    ),
    needs=("cp", "dpkg-reconfigure", "ln", "mv", "update-alternatives"),
    check=check,
)
