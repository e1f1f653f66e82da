"""A shell's operator in exec form, where no shell reads it."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

_OPERATORS = frozenset({"|", "||", "&&", ";", "&", ">", ">>", "2>&1", "<", "&>", "|&"})
#: Commands that take such an argument as their own.
_OWN = frozenset({"find", "xargs", "test", "[", "expr", "tini", "parallel", "jq", "awk"})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the operator that becomes an argument, once an instruction."""
    for instruction in dockerfile.with_triggers():
        script = instruction.script
        if not instruction.json or script is None or len(instruction.words) < 3:
            continue
        command = script.commands[0] if script.commands else None
        if command is None or command.name in _OWN:
            continue
        for word in command.words[1:-1]:
            if word.text in _OPERATORS:
                yield Finding(
                    f"{word.text} is an argument of {command.name} here: no shell reads the "
                    "exec form",
                    word.span,
                    stage=instruction.stage,
                    help='write it in shell form, or as ["/bin/sh", "-c", "…"]',
                )
                break


RULE = Rule(
    "shell-operator-in-exec-form",
    Dockerfile,
    Severity.WARNING,
    why=(
        "In exec form (JSON) BuildKit and the container start the program directly, and hand "
        'every string on as an argument. `["a", "|", "b"]` makes no pipe, it gives a two '
        "arguments; `&&` starts nothing, `>` writes no file. The build or the container does "
        "something else than what is written, often without any error."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#shell-and-exec-form",
        "https://docs.docker.com/reference/dockerfile/#exec-form",
    ),
    examples=(
        bad('FROM debian:12\nCMD ["migrate", "&&", "serve"]\n', at=[2]),
        bad('FROM debian:12\nRUN [ "/bin/bash", "./out", "|", "./in" ]\n', at=[2]),
        bad('FROM debian:12\nENTRYPOINT ["app", \\\n  ">", "/var/log/app"]\n', at=[3]),
        good('FROM debian:12\nCMD ["sh", "-c", "migrate && serve"]\n'),
        good('FROM debian:12\nRUN ["find", "/", "-exec", "rm", "{}", ";", "-print"]\n'),
        good('FROM debian:12\nCMD ["grep", "a|b", "/x"]\n'),
    ),
    needs=("~[",),
    check=check,
)
