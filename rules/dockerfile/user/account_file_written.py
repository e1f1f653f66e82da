"""A step writes into the files that say who is who."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.shell import Command
from dockgate.rules.subjects.text import Span

_FILES = ("/etc/passwd", "/etc/shadow", "/etc/gshadow", "/etc/group", "/etc/sudoers")


def _written(command: Command) -> tuple[str, Span] | None:
    """The file that the command changes, and where that is said."""
    for redirect in command.redirects:
        target = redirect.target.value if redirect.target else ""
        if redirect.operator in (">", ">>", ">|") and target in _FILES:
            return target, redirect.span
    if command.name == "tee" or (command.name == "sed" and command.has("-i", "--in-place")):
        for word in command.args:
            if word.value in _FILES and word.value != "/etc/sudoers":
                return word.value, word.span
    return None


def _opened(command: Command) -> tuple[str, Span] | None:
    """The file that chmod or chgrp lets others than root write."""
    mode = next((w.value for w in command.args if not w.value.startswith("-")), "")
    symbolic = "w" in mode and "+" in mode and mode.partition("+")[0] != "u"
    octal = mode.isdecimal() and len(mode) >= 3 and any(d in "2367" for d in mode[-2:])
    if symbolic or octal or "=u" in mode:
        for word in command.args:
            if word.value in _FILES:
                return word.value, word.span
    return None


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire in the stages that ship: at the redirect, the operand or the mode's file."""
    shipped = {s.index for s in dockerfile.final.chain()} if dockerfile.final else set()
    if "/etc/" not in dockerfile.text.text:
        return
    for instruction, command in dockerfile.commands():
        if instruction.stage is None or instruction.stage.index not in shipped:
            continue
        found, what = _written(command), "writes into"
        if found is None and command.name == "chmod":
            found, what = _opened(command), "lets others write"
        if found is not None:
            yield Finding(
                f"{command.name or 'this'} {what} {found[0]}",
                found[1],
                stage=instruction.stage,
                help="make accounts with useradd or adduser; for any user id, set HOME and USER "
                "in place of a passwd that all may write",
            )


RULE = Rule(
    "account-file-written",
    Dockerfile,
    Severity.WARNING,
    why=(
        "/etc/passwd, /etc/shadow and /etc/group decide who is root. A line written by hand is "
        "not checked: one field too few locks everybody out, an empty password or a second uid 0 "
        "opens the door, and both look harmless in a diff; back doors are planted just so. A "
        "passwd that a group may write, once advised for OpenShift, lets any process with "
        "that group make itself root. useradd and adduser do it right and say so."
    ),
    references=(
        "https://man7.org/linux/man-pages/man5/passwd.5.html",
        "CWE-732",
        "CWE-269",
    ),
    examples=(
        bad('FROM debian:12\nRUN echo "app:x:0:0::/:/bin/sh" >> /etc/passwd\n', at=[2]),
        bad("FROM debian:12\nRUN true && \\\n chmod g=u /etc/passwd\n", at=[3]),
        bad("FROM debian:12\nRUN sed -i 's/x/y/' /etc/shadow\n", at=[2]),
        bad(
            "FROM debian:12\nRUN echo a | tee -a /etc/group\nRUN chmod 664 /etc/passwd\n", at=[2, 3]
        ),
        good("FROM debian:12\nRUN grep app /etc/passwd > /tmp/x && chmod 644 /etc/passwd\n"),
        good(
            "FROM debian:12 AS b\nRUN echo 'u:x:1:1::/:' > /etc/passwd\nFROM scratch\n"
            "COPY --from=b /etc/passwd /etc/passwd\n"
        ),
        good("FROM debian:12\nRUN useradd app && echo x > /etc/passwd.txt\n"),
        good("FROM debian:12\nRUN sed 's/x/y/' /etc/shadow\n"),
    ),
    needs=("~/etc/",),
    check=check,
)
