"""CMD or ENTRYPOINT in shell form."""

from __future__ import annotations

import json
from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.shells import default_shell

BUILTINS = frozenset(
    {"", ".", ":", "alias", "bg", "cd", "eval", "exec", "exit", "export", "fg", "jobs", "read"}
    | {"set", "shift", "source", "trap", "ulimit", "umask", "unset", "wait"}
)


def _exec_form(instruction: Instruction) -> tuple[Fix, ...]:
    """The same words as JSON, where they are one command without anything for a shell to do."""
    script, body = instruction.script, instruction.body
    if script is None or script.language != "posix" or len(script.commands) != 1:
        return ()
    (command,) = script.commands
    plain = (
        not script.errors
        and not command.assignments
        and not command.redirects
        and not command.context
        and not command.wrappers
        and command.name not in BUILTINS
        and all(word.literal and not set(word.text) & set("*?[{~#") for word in command.words)
    )
    start, end = len(body.text) - len(body.text.lstrip()), len(body.text.rstrip())
    span = body.span(start, end)
    if not plain or command.span != span:
        return ()
    words = json.dumps([word.value for word in command.words], ensure_ascii=False)
    return (Fix("write it in exec form", (Edit(span, words),), safe=False),)


def _gives_way(instruction: Instruction) -> bool:
    """Whether the shell makes room for the program, which then gets the signals itself.

    For a last command after `exec` any shell does; for a single one bash does too, dash does not.
    """
    script = instruction.script
    if script is None or script.language != "posix" or script.errors or not script.commands:
        return False
    last = script.commands[-1]
    if last.context or last.pipe_from is not None or last.connector in ("&", "||"):
        return False
    if last.words and last.words[0].value == "exec":
        return True
    alone = len(script.commands) == 1
    return alone and default_shell(instruction.stage) == "bash" and not _exec_form(instruction)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the keyword unless a SHELL was chosen before, as BuildKit's JSONArgsRecommended."""
    for instruction in dockerfile.find("CMD", "ENTRYPOINT"):
        if not instruction.json and instruction.words and not instruction.shell:
            yield Finding(
                f"{instruction.cmd} in shell form: a shell takes the place of the program, and "
                "the signals meant for it",
                instruction.keyword,
                stage=instruction.stage,
                help=f'write {instruction.cmd} ["program", "argument"]; choose with SHELL '
                "where a shell is wanted",
                fixes=_exec_form(instruction),
                at_most=Severity.INFO if _gives_way(instruction) else None,
            )


RULE = Rule(
    "shell-form-command",
    Dockerfile,
    Severity.WARNING,
    why=(
        "In shell form the container's first process is /bin/sh -c, which hands no signals on: "
        "docker stop waits ten seconds and then kills, so requests are cut off and files left "
        "half written at every deployment. An ENTRYPOINT in shell form also drops CMD and all "
        "arguments of docker run, and it fails in an image without a shell. The fix is unsafe "
        "because an entry script may look at the words it is given. Where the shell gives way to "
        "the program (exec, or bash as /bin/sh and one command that needs a shell's variables) "
        "the signals do arrive: that is a hint only."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/json-args-recommended/",
        "https://docs.docker.com/reference/dockerfile/#shell-and-exec-form",
    ),
    aliases=(
        "DL3025",
        "JSONArgsRecommended",
        "not_using_json_in_cmd_and_entrypoint_arguments",
        "prefer-json-notation",
        "DF018",
        "DF025",
    ),
    examples=(
        bad(
            'FROM nginx:1.27\nCMD nginx -g "daemon off;"\n',
            at=[2],
            fixed='FROM nginx:1.27\nCMD ["nginx", "-g", "daemon off;"]\n',
        ),
        bad(
            "FROM debian:12\nENTRYPOINT /app \\\n  --serve\n",
            at=[2],
            fixed='FROM debian:12\nENTRYPOINT ["/app", "--serve"]\n',
        ),
        bad("FROM debian:12\nCMD exec app --port $PORT\n", at=[2]),
        bad("FROM debian:12\nCMD ['app', 'x']\n", at=[2]),
        bad("FROM debian:12\nENTRYPOINT cd /srv && app | tee /log\n", at=[2]),
        good('FROM debian:12\nENTRYPOINT ["/app"]\nCMD ["--serve"]\n'),
        good('FROM debian:12\nSHELL ["/bin/bash", "-c"]\nCMD exec app $PORT\n'),
        good("FROM debian:12\nHEALTHCHECK CMD curl -f http://localhost/ || exit 1\n"),
        good('FROM debian:12 AS a\nSHELL ["/bin/sh", "-c"]\nFROM a\nCMD app\n'),
    ),
    needs=("CMD", "ENTRYPOINT"),
    check=check,
)
