"""A pipe whose first commands may fail unnoticed."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.downloads import reads_program
from dockgate.rules.subjects.shell import Command
from dockgate.rules.subjects.shells import (
    WITH_PIPEFAIL,
    first_command,
    scripts,
    shell_of,
)

#: Commands that do not fail, and those that list or read what is there.
_SURE = frozenset(
    {"", "echo", "printf", "yes", ":", "true", "false", "set", "test", "[", "cat", "find", "ls"}
    | {"ldd", "locale", "apt-mark", "dpkg-query", "dpkg", "rpm", "grep", "sed", "awk", "tr", "cut"}
    | {"pwsh", "powershell"}  # their exit status says little of what they ran
    | {"sort", "head", "tail", "env", "id", "groups", "uname", "date", "getent", "tee", "which"}
)
_ASKED = frozenset({"condition", "negated", "substitution"})


def _fix(dockerfile: Dockerfile, instruction: Instruction, command: Command) -> tuple[Fix, ...]:
    if command.context or shell_of(command, instruction.stage) not in WITH_PIPEFAIL:
        return ()
    edit = first_command(dockerfile, instruction, "set -o pipefail")
    return (Fix("let a failure anywhere in a pipe count", (edit,), safe=False),) if edit else ()


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first pipe of each RUN whose left side can fail while pipefail is off."""
    if "|" not in dockerfile.text.text:
        return
    for instruction, script in scripts(dockerfile):
        for command in script.commands:
            if (
                command.pipe_to is not None
                and command.shell
                and "pipefail" not in command.options
                and command.name not in _SURE
                and not reads_program(command.pipe_to)  # curl-pipe-shell says what is wrong there
                and _ASKED.isdisjoint(command.context)
            ):
                knows = shell_of(command, instruction.stage) in WITH_PIPEFAIL
                yield Finding(
                    f"if {command.name or 'this'} fails, nobody notices: the pipe's status is that "
                    f"of {command.pipe_to.name or 'its last command'}",
                    (command.name_word or command).span,
                    stage=instruction.stage,
                    help="start the script with set -o pipefail"
                    if knows
                    else "write to a file and read it in a next command, or choose bash: "
                    'SHELL ["/bin/bash", "-o", "pipefail", "-c"]',
                    fixes=_fix(dockerfile, instruction, command),
                )
                break


RULE = Rule(
    "pipe-without-pipefail",
    Dockerfile,
    Severity.INFO,
    why=(
        "A pipe's status is that of its last command: `wget -O - … | wc -l > /n` succeeds though "
        "nothing was fetched, and the broken layer is cached. `set -o pipefail` makes every part "
        "count.\n"
        "Other linters ask for it everywhere. But BuildKit runs /bin/sh, which is dash in Debian "
        "and Ubuntu, and dash knows no pipefail before 0.5.13: there the line itself would break "
        "the build. With pipefail a reader that stops early (`head -1`, `grep -q`) makes a good "
        "pipe fail. So this is information; pipes within conditions and `$(…)` pass, and those "
        "that begin with a command which only lists or prints; the fix is offered only where "
        "the shell has the option."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#using-pipes",
        "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_09_02",
    ),
    aliases=("DL4006", "shell_running_a_pipe_without_pipefail_flag", "set-pipefail", "DF057"),
    examples=(
        bad("FROM debian:12\nRUN wget -O - https://x.org/a | wc -l > /n\n", at=[2]),
        bad(
            'FROM debian:12\nSHELL ["/bin/bash", "-c"]\nRUN true && curl x.org/a | tar x\n',
            at=[3],
            fixed='FROM debian:12\nSHELL ["/bin/bash", "-c"]\n'
            "RUN set -o pipefail; true && curl x.org/a | tar x\n",
        ),
        bad(
            "FROM alpine:3.20\nRUN <<EOF\nset -e\nwget -qO- x.org/a | tar x\nEOF\n",
            at=[4],
            fixed="FROM alpine:3.20\nRUN <<EOF\nset -o pipefail\nset -e\n"
            "wget -qO- x.org/a | tar x\nEOF\n",
        ),
        good('FROM debian:12\nSHELL ["/bin/bash", "-eo", "pipefail", "-c"]\nRUN a | b\n'),
        good("FROM alpine:3.20\nRUN set -euo pipefail; wget -qO- x.org/a | tar x\n"),
        good("FROM debian:12\nRUN echo 'a b' | sha256sum -c - && printf x | tee /y\n"),
        good("FROM debian:12\nRUN find /usr -name '*.so' | xargs ldd | sort -u > /libs\n"),
        good("FROM debian:12\nRUN if dpkg -l | grep -q '^ii  curl'; then curl x.org; fi\n"),
        good('FROM debian:12\nRUN ["sh", "x", "|", "y"]\nRUN echo "a | b"\n'),
    ),
    needs=("~|",),
    check=check,
)
