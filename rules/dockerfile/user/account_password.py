"""A password is set for an account of the image."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.accounts import read
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.shell import Command, ShellWord

_LOCKED = ("!", "*", "!!", "!*", "x", "")


def _set(command: Command) -> ShellWord | None:
    """The word that sets a password."""
    if command.name == "chpasswd":
        return command.name_word
    if command.name == "passwd":
        return command.option("--stdin")
    call = read(command)
    given = call.values.get("p")
    return call.options["p"] if given is not None and given not in _LOCKED else None


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at chpasswd, passwd --stdin and useradd or usermod with -p."""
    for instruction, command in dockerfile.commands("chpasswd", "passwd", "useradd", "usermod"):
        word = _set(command)
        if word is not None:
            yield Finding(
                f"{command.name} gives an account a password that is the same in every container",
                word.span,
                stage=instruction.stage,
                help="leave the account locked and use docker exec or USER; or set the password "
                "when the container starts, from a secret",
            )


RULE = Rule(
    "account-password",
    Dockerfile,
    Severity.WARNING,
    why=(
        "A password set in a build is the same in every container made from the image, and its "
        "hash lies in /etc/shadow for everybody who can pull it; mostly it also stands in the "
        "Dockerfile and in the image's history. It can be guessed offline, and then opens su, "
        "sshd or any other login of all containers at once. Containers need no passwords: USER, "
        "docker exec --user and a start script as root change to any account."
    ),
    references=(
        "https://docs.docker.com/build/building/secrets/",
        "CIS Docker 1.6 4.10",
        "CWE-798",
    ),
    aliases=("CKV2_DOCKER_17",),
    examples=(
        bad("FROM ubuntu:24.04\nRUN echo 'root:root' | chpasswd\n", at=[2]),
        bad("FROM ubuntu:24.04\nRUN chpasswd < input.txt\n", at=[2]),
        bad("FROM ubuntu:24.04\nRUN useradd -m -p $(openssl passwd -1 x) \\\n app\n", at=[2]),
        bad("FROM centos:7\nRUN true && \\\n echo x | passwd --stdin app\n", at=[3]),
        good("FROM ubuntu:24.04\nRUN chgrp root /etc/passwd\n"),
        good("FROM ubuntu:24.04\nRUN useradd -m app && usermod -p '*' app\n"),
        good("FROM ubuntu:24.04\nRUN passwd -l root && rm /usr/sbin/chpasswd\n"),
    ),
    needs=("chpasswd", "passwd", "useradd", "usermod"),
    check=check,
)
