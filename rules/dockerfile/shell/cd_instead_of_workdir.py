"""`cd` where WORKDIR is meant."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.shell import Command


def _message(commands: list[Command], command: Command) -> str:
    where = command.args[0].value if command.args else "home"
    if command is commands[-1]:
        return f"cd {where} has no effect: the next instruction starts where this one did"
    plain = command is commands[0] and where.startswith("/")
    if plain and all(c.connector in ("&&", "|") and c.name != "cd" for c in commands[1:]):
        return f"the whole of this RUN works in {where}"
    return ""


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a cd that is lost at RUN's end, and at one that all of a RUN is subject to."""
    for instruction, command in dockerfile.commands("cd"):
        if instruction.cmd != "RUN" or command.context or instruction.script is None:
            continue
        message = _message(instruction.script.commands, command)
        if message:
            yield Finding(
                message,
                command.span,
                stage=instruction.stage,
                help="set it for this and what follows with WORKDIR",
            )


RULE = Rule(
    "cd-instead-of-workdir",
    Dockerfile,
    Severity.INFO,
    why=(
        "Each RUN starts in the folder that WORKDIR has set: a `cd` is forgotten at its end. As "
        "the last command it does nothing at all, which is mostly a mistake; as the first of a "
        "long chain it hides where the work is done, and the next RUN has to repeat it. Other "
        "linters fire at every cd; one in the middle of a script, in a subshell or a condition "
        "is a script's ordinary way to work, and passes."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#workdir",
        "https://docs.docker.com/reference/dockerfile/#workdir",
    ),
    aliases=("DL3003", "DS-0013", "run_command_cd_instead_of_workdir", "use-workdir", "DF008"),
    examples=(
        bad("FROM debian:12\nRUN cd /usr/src\nRUN make\n", at=[2]),
        bad("FROM debian:12\nRUN cd /usr/src && ./configure && make | tee log\n", at=[2]),
        bad("FROM debian:12\nRUN make -C /src && \\\n  cd /app\n", at=[3]),
        good("FROM debian:12\nWORKDIR /usr/src\nRUN make\n"),
        good("FROM debian:12\nRUN git clone https://x.org/y /y && cd /y && make\n"),
        good("FROM debian:12\nRUN (cd /usr/src && make) && make -C /b\n"),
        good("FROM debian:12\nRUN set -e; cd /usr/src; make; cd /; rm -r /usr/src\n"),
        good("FROM nginx:1.27\nCMD cd /usr/share/nginx/html && nginx\n"),
    ),
    needs=("cd",),
    check=check,
)
