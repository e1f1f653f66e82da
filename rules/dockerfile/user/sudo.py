"""sudo in a build or a container."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.shell import Command, ShellWord
from dockgate.rules.subjects.text import Span
from dockgate.rules.subjects.users import is_root, users_before


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first `sudo` of an instruction that runs something through it."""
    found: dict[int, list[tuple[Instruction, Command, ShellWord]]] = {}
    for instruction, command in dockerfile.commands():
        for run in (*command.wrappers, command):
            if run.name == "sudo" and run.name_word is not None:
                place = (instruction, command, run.name_word)
                found.setdefault(id(instruction), []).append(place)
    users = users_before(dockerfile)
    for places in found.values():
        instruction, _, word = places[0]
        user = users.get((instruction.parent or instruction).index)
        needless = user is not None and is_root(user)
        times = f" {len(places)} times" if len(places) > 1 else ""
        yield Finding(
            f"sudo is run{times}" + (" although the user is root already" if needless else ""),
            word.span,
            stage=instruction.stage,
            help="put USER root before the steps that need it and USER app after them",
            fixes=_without(places) if needless else (),
            at_most=Severity.INFO if all(_steps_down(c) for _, c, _ in places) else None,
        )


def _steps_down(command: Command) -> bool:
    """Whether sudo is there to become somebody else than root: `sudo -u app`."""
    for wrapper in (*command.wrappers, command):
        if wrapper.name == "sudo":
            words = [word.value for word in wrapper.args]
            at = next((i for i, value in enumerate(words) if value in ("-u", "--user")), -1)
            return 0 <= at < len(words) - 1 and not is_root(words[at + 1])
    return False


def _without(places: list[tuple[Instruction, Command, ShellWord]]) -> tuple[Fix, ...]:
    """Take `sudo ` away: not safe, since sudo also resets the environment of what it runs."""
    edits = []
    for instruction, command, sudo in places:
        at = next((i for i, word in enumerate(command.words) if word is sudo), -1)
        if instruction.json or not 0 <= at < len(command.words) - 1:
            return ()
        after = command.words[at + 1]
        if after.value.startswith("-") or "=" in after.value:
            return ()
        edits.append(Edit(Span(sudo.span.start, after.span.start), ""))
    return (Fix("run it without sudo", tuple(edits), safe=False),)


RULE = Rule(
    "sudo",
    Dockerfile,
    Severity.WARNING,
    why=(
        "sudo in an image means that sudo is installed and lets the user become root, in most "
        "cases without a password. A USER that is not root then protects nothing: whoever takes "
        "over the process types sudo too. It also has no terminal in a build, sets its own "
        "environment and does not forward signals. USER root around the steps that need it does "
        "the same without leaving a way to root behind."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#user",
        "CIS Docker 1.6 4.1",
        "CWE-250",
    ),
    aliases=(
        "DL3004",
        "DS-0010",
        "CKV2_DOCKER_1",
        "run_using_sudo",
        "no-sudo-in-dockerfile",
        "DKL-DI-0001",
        "DF010",
        "sudo_usage",
    ),
    examples=(
        bad("FROM debian:12\nRUN sudo apt-get update\n", at=[2]),
        bad("FROM debian:12\nUSER app\nRUN cd /x && \\\n    sudo -E make install\n", at=[4]),
        bad('FROM debian:12\nENTRYPOINT ["sudo", "/app"]\n', at=[2]),
        bad(
            "FROM debian:12\nUSER root\nRUN true && sudo apt-get update\n",
            at=[3],
            fixed="FROM debian:12\nUSER root\nRUN true && apt-get update\n",
        ),
        bad(
            "FROM debian:12\nUSER 0\nRUN sudo true \\\n && sudo sh -c 'true'\nRUN sudo true\n",
            at=[3, 5],
            fixed="FROM debian:12\nUSER 0\nRUN true \\\n && sh -c 'true'\nRUN true\n",
        ),
        bad("FROM debian:12\nRUN <<EOF\nset -e\nsudo true\nEOF\n", at=[4]),
        good("FROM debian:12\nUSER root\nRUN apt-get update\nUSER app\n"),
        good("FROM debian:12\nRUN echo 'do not use sudo here'\n"),
        good("FROM debian:12\nRUN apt-get purge -y sudo\n"),
    ),
    needs=("sudo",),
    check=check,
)
