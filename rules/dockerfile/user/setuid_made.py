"""A program gets the setuid or setgid bit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.shell import Command, ShellWord
from dockgate.rules.subjects.stages import ships

SETUID, SETGID = 0o4000, 0o2000


def _bits(mode: str) -> str:
    """What `4755`, `u+s` or `ug=rwxs` sets: "setuid", "setgid" or nothing."""
    if re.fullmatch(r"[0-7]{4,5}", mode):
        bits = int(mode, 8)
        return "setuid" if bits & SETUID else "setgid" if bits & SETGID else ""
    for clause in mode.split(","):
        match = re.fullmatch(r"([ugoa]*)[+=]([rwxXst]*s[rwxXst]*)", clause)
        if match and (not match[1] or "u" in match[1] or "a" in match[1]):
            return "setuid"
        if match and "g" in match[1]:
            return "setgid"
    return ""


def _given(command: Command) -> list[tuple[str, ShellWord, str]]:
    """The modes that chmod or install is given, with their words and the file they are for."""
    words = [w for w in command.args if not re.fullmatch(r"--\w.*|-[A-Zcfv]+", w.value)]
    if command.name == "chmod":
        target = words[1].value if len(words) > 1 else ""
        return [(words[0].value, words[0], target)] if words else []
    found = []
    for word, after in zip(command.args, [*command.args[1:], None], strict=False):
        option = re.fullmatch(r"(?:-[a-zA-Z]*m|--mode=?)(.*)", word.value)
        if option:
            given = word if option[1] or after is None else after
            found.append((option[1] or given.value, given, command.args[-1].value))
    return found


def _folder(command: Command, target: str) -> bool:
    """Whether the mode is a folder's: there setgid only hands its group on to new files."""
    makes = command.name == "install" and command.has("-d", "--directory")
    return makes or command.has("-R", "--recursive") or target.endswith("/")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the mode: of chmod and install, of COPY and ADD --chmod."""
    for instruction, command in dockerfile.commands("chmod", "install"):
        for mode, word, target in _given(command):
            bit = _bits(mode)
            if bit == "setuid" or (bit and "/bin/" in target and not _folder(command, target)):
                yield Finding(
                    f"{command.name} {mode} makes {target or 'a file'} {bit}",
                    word.span,
                    stage=instruction.stage,
                    help=_HELP,
                    at_most=None if ships(dockerfile, instruction.stage) else Severity.INFO,
                )
    for instruction in dockerfile.with_triggers():
        flag = instruction.flag("chmod") if instruction.cmd in ("COPY", "ADD") else None
        if flag is not None and _bits(flag.value or "") == "setuid":
            yield Finding(
                f"{instruction.cmd} --chmod={flag.value} makes a file setuid",
                flag.span,
                stage=instruction.stage,
                help=_HELP,
            )


_HELP = "run it as the user that needs it, or give it the one capability it needs (setcap)"

RULE = Rule(
    "setuid-made",
    Dockerfile,
    Severity.WARNING,
    why=(
        "A setuid program runs with its owner's rights, whoever starts it. In an image that drops "
        "root by USER it is the way back: a hole in the program, or its mere purpose, gives the "
        "intruder uid 0 in the container. no-new-privileges, which Kubernetes and hardened hosts "
        "set, switches it off, so that what relies on it fails there. setgid on a folder only "
        "hands its group on and is not meant."
    ),
    references=(
        "https://docs.docker.com/engine/security/#linux-kernel-capabilities",
        "CIS Docker 1.6 4.8",
        "CWE-250",
    ),
    aliases=("CIS-DI-0008",),
    examples=(
        bad("FROM debian:12\nRUN chmod u+s /usr/bin/x\n", at=[2]),
        bad("FROM debian:12\nRUN true && \\\n chmod 4755 /bin/ping\n", at=[3]),
        bad("FROM debian:12\nCOPY --chmod=4755 x /bin/x\n", at=[2]),
        bad("FROM debian:12\nRUN install -m 4711 -o root x /bin/x\n", at=[2]),
        bad("FROM debian:12\nRUN chmod g+s /usr/bin/wall\n", at=[2]),
        good("FROM debian:12\nRUN chmod 755 /bin/x && chmod u-s /bin/su && chmod 1777 /d\n"),
        good("FROM debian:12\nRUN chmod 2775 /var/log/app && chmod g+s /srv\n"),
        good("FROM debian:12\nRUN chmod +x /setup.sh\n"),
    ),
    needs=("--chmod", "chmod", "install"),
    check=check,
)
