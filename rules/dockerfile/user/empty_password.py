"""An account that anybody may log in to without a password."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.accounts import read
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.shell import Command, ShellWord
from dockgate.rules.subjects.stages import ships


def _emptied(command: Command) -> ShellWord | None:
    """The word that takes the password of an account away."""
    if command.name == "passwd":
        short = command.option("-d")
        return short or next((w for w in command.args if w.value == "--delete"), None)
    if command.name in ("useradd", "usermod"):
        call = read(command)
        return call.options["p"] if call.values.get("p") == "" else None
    if command.name == "sed":
        for word in command.args:
            if re.search(r"[:|#/]\^?\w+:[x*!]?:?[/|#]\w+::", "/" + word.value):
                return word
        return None
    for redirect in command.redirects:
        target = redirect.target.value if redirect.target else ""
        if target in ("/etc/passwd", "/etc/shadow") and redirect.operator in (">", ">>"):
            return next((w for w in command.args if re.match(r"[\w-]+::", w.value)), None)
    return None


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at passwd -d, an empty useradd -p, and texts with an empty second field."""
    for instruction, command in dockerfile.commands(
        "passwd", "useradd", "usermod", "sed", "echo", "printf"
    ):
        word = _emptied(command)
        if word is not None:
            yield Finding(
                f"{command.name} leaves an account with an empty password",
                word.span,
                stage=instruction.stage,
                help="lock the account instead: passwd -l, or useradd without -p",
                at_most=None if ships(dockerfile, instruction.stage) else Severity.INFO,
            )


RULE = Rule(
    "empty-password",
    Dockerfile,
    Severity.ERROR,
    why=(
        "An account whose password is empty is open to everybody who reaches a login: su from any "
        "user of the container, and sshd or a console where there is one. With root that is root "
        "without a trace. A locked account (! or * in place of the password, which useradd gives "
        "by itself) can be used by USER, su from root and gosu just as well."
    ),
    references=(
        "https://man7.org/linux/man-pages/man1/passwd.1.html",
        "CWE-258",
    ),
    aliases=("DKL-LI-0001",),
    examples=(
        bad("FROM debian:12\nRUN passwd -d root\n", at=[2]),
        bad("FROM debian:12\nRUN useradd -m \\\n  -p '' app\n", at=[3]),
        bad("FROM alpine:3.22\nRUN sed -i 's/^root:x:/root::/' /etc/passwd\n", at=[2]),
        bad("FROM alpine:3.22\nRUN echo 'app::0:0:::' >> /etc/shadow\n", at=[2]),
        good("FROM debian:12\nRUN passwd -l root && useradd -m app\n"),
        good("FROM debian:12\nRUN useradd -p '!' app && adduser --disabled-password x\n"),
        good("FROM debian:12\nRUN sed -i 's/a:b:/a:c:/' /x && echo a::b > /etc/nginx.conf\n"),
        good("FROM alpine:3.22\nRUN adduser -D app\n"),
    ),
    needs=("echo", "passwd", "printf", "sed", "useradd", "usermod"),
    check=check,
)
