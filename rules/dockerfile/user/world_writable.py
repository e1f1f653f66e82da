"""Files that everybody may write."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.purpose import is_dev_container
from dockgate.rules.subjects.shell import Command, ShellWord

_OCTAL = pattern(r"[0-7]{1,5}")
_CLAUSE = pattern(r"([ugoa]*)([-+=])([rwxXstugo]*)")
_DEVICES = pattern(r"/dev/(?:null|zero|std(?:in|out|err)|tty|pts/.*|fuse|shm)")


def everybody_writes(mode: str) -> bool:
    """Whether chmod's `mode` (`777`, `a+rwx`, `u=rw,o+w`) lets others write; sticky ones do not."""
    if _OCTAL.fullmatch(mode):
        bits = int(mode, 8)
        return bool(bits & 0o002) and not bits & 0o1000
    clauses = [_CLAUSE.fullmatch(part) for part in mode.split(",")]
    if not all(clauses):
        return False
    given = [(c[1], c[3]) for c in clauses if c and c[2] != "-"]
    writes = any("w" in perms and ("o" in who or "a" in who) for who, perms in given)
    return writes and not any("t" in perms for _, perms in given)


def _mode(command: Command) -> tuple[str, ShellWord] | None:
    """The mode that chmod, install or mkdir is given, and its word."""
    if command.name == "chmod":
        words = [w for w in command.args if not re.fullmatch(r"--\w.*|-[A-Zcfv]+", w.value)]
        if len(words) > 1 and all(_DEVICES.fullmatch(word.value) for word in words[1:]):
            return None
        return (words[0].value, words[0]) if words else None
    for word, after in zip(command.args, [*command.args[1:], None], strict=False):
        option = re.fullmatch(r"(?:-[a-zA-Z]*m|--mode=?)(.*)", word.value)
        if option and option[1]:
            return option[1], word
        if option and after is not None:
            return after.value, after
    return None


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the mode: of chmod, of install and mkdir, of COPY and ADD --chmod."""
    for instruction, command in dockerfile.commands("chmod", "install", "mkdir"):
        given = _mode(command)
        if given is not None and everybody_writes(given[0]):
            yield Finding(
                f"{command.name} with mode {given[0]} lets every user write",
                given[1].span,
                stage=instruction.stage,
                help=_HELP,
                at_most=Severity.INFO if is_dev_container(dockerfile) else None,
            )
    for instruction in dockerfile.with_triggers():
        flag = instruction.flag("chmod") if instruction.cmd in ("COPY", "ADD") else None
        if flag is not None and everybody_writes(flag.value or ""):
            yield Finding(
                f"{instruction.cmd} --chmod={flag.value} lets every user write",
                flag.span,
                stage=instruction.stage,
                help=_HELP,
            )


_HELP = "give the files to the user that needs them: COPY --chown, or chown and chmod 755 or 644"

RULE = Rule(
    "world-writable",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Files that everybody may write undo the separation of users. A break-in as the least "
        "user can replace programs, configuration or start scripts that another user, or root, "
        "runs later, and so gains that user's rights. 777 is mostly written to silence a "
        "permission error that one chown mends. A directory with the sticky bit (1777, as /tmp) "
        "is fine: there one cannot touch another's files."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#copy---chown---chmod",
        "CWE-732",
        "CIS Docker 1.6 4.1",
    ),
    aliases=("world-writable-state-path-workaround", "DF034"),
    examples=(
        bad("FROM debian:12\nRUN chmod -R 777 /app\n", at=[2]),
        bad("FROM debian:12\nRUN mkdir /d && chmod a+rwx /d\n", at=[2]),
        bad("FROM debian:12\nRUN true \\\n && chmod u=rwx,o+w /d\n", at=[3]),
        bad("FROM debian:12\nCOPY --chmod=0777 run.sh /\n", at=[2]),
        bad("FROM debian:12\nRUN install -d -m 0777 /data && mkdir -pm777 /x\n", at=[2, 2]),
        bad("FROM debian:12\nRUN chmod 666 /etc/passwd\n", at=[2]),
        good("FROM debian:12\nRUN chmod 1777 /scratch && mkdir -m 1777 /spool\n"),
        good("FROM debian:12\nRUN chmod +x /run.sh && chmod g+rwX /d && chmod -w /x\n"),
        good("FROM debian:12\nRUN chmod a+rwxt /scratch\n"),
        good("FROM debian:12\nRUN chmod 755 /777 && chmod o-w /d\n"),
        good("FROM debian:12\nRUN chmod 666 /dev/null\n"),
        good("FROM debian:12\nCOPY --chmod=755 run.sh /\n"),
    ),
    needs=("--chmod", "chmod", "install", "mkdir"),
    check=check,
)
