"""Accounts that a build makes: useradd, adduser, usermod and their relations."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.dockerfile import Instruction, Stage
from dockgate.rules.subjects.shell import Command, ShellWord

#: Short options that take a value, by command; Debian's adduser has nearly none, BusyBox's these.
_SHORT = {
    "useradd": "bcdefgGkKpRPsuZ",
    "usermod": "cdefgGlpRPsuvVwWZ",
    "adduser": "hgsGukdcbp",
    "addgroup": "g",
    "groupadd": "gKpRPU",
}
_LONG = frozenset(
    [
        "base-dir",
        "comment",
        "home-dir",
        "expiredate",
        "inactive",
        "gid",
        "groups",
        "skel",
        "key",
        "password",
        "root",
        "prefix",
        "shell",
        "uid",
        "selinux-user",
        "home",
        "ingroup",
        "gecos",
        "conf",
        "firstuid",
        "lastuid",
        "firstgid",
        "lastgid",
        "add_extra_groups",
        "login",
    ]
)
_ALIASES = {"uid": "u", "gid": "g", "groups": "G", "password": "p", "no-log-init": "l"}


class Call(NamedTuple):
    """A command's options (short names, values or None) and operands."""

    options: dict[str, ShellWord | None]
    operands: list[ShellWord]
    values: dict[str, str]  #: of the options that have one, as written


def read(command: Command) -> Call:
    """The options and operands of useradd, usermod, adduser, addgroup or groupadd."""
    takes = _SHORT.get(command.name, "")
    call = Call({}, [], {})
    words = iter(command.args)
    for word in words:
        value = word.value
        if value.startswith("--") and len(value) > 2:
            name, equals, given = value[2:].partition("=")
            key = _ALIASES.get(name, name)
            call.options[key] = word
            if equals:
                call.values[key] = given
            elif name in _LONG:
                _next(call, key, words)
        elif value.startswith("-") and len(value) > 1:
            for at, letter in enumerate(value[1:], 2):
                call.options[letter] = word
                if letter in takes:
                    if value[at:]:
                        call.values[letter] = value[at:]
                    else:
                        _next(call, letter, words)
                    break
        else:
            call.operands.append(word)
    return call


def _next(call: Call, key: str, words: Iterator[ShellWord]) -> None:
    word = next(words, None)
    if word is not None:
        call.options[key] = word
        call.values[key] = word.value


class Account(NamedTuple):
    """An account that a step makes."""

    name: str
    word: ShellWord
    uid: str  #: "" where none is given
    instruction: Instruction


def created(stage: Stage) -> list[Account]:
    """The accounts that the stage and its ancestors make with useradd and adduser."""
    found = []
    for instruction, command in _runs(stage, ("useradd", "adduser")):
        call = read(command)
        if not call.operands or (command.name == "adduser" and len(call.operands) > 1):
            continue
        word = call.operands[-1]
        name = word.expand(instruction.env) or word.value
        found.append(Account(name, word, call.values.get("u", ""), instruction))
    return found


def memberships(stage: Stage) -> Iterator[tuple[str, str]]:
    """User and group, for each supplementary group that a step puts a user into."""
    names = ("useradd", "usermod", "adduser", "addgroup", "gpasswd")
    for instruction, command in _runs(stage, names):
        call = read(command)
        words = [word.expand(instruction.env) or word.value for word in call.operands]
        if command.name in ("useradd", "usermod"):
            for group in call.values.get("G", "").split(","):
                if group and words:
                    yield words[-1], group
        elif command.name == "gpasswd":
            if "a" in call.options and len(words) == 2:
                yield words[0], words[1]
        elif len(words) == 2:
            yield words[0], words[1]


def _runs(stage: Stage, names: tuple[str, ...]) -> Iterator[tuple[Instruction, Command]]:
    for instruction in stage.history():
        if instruction.cmd == "RUN" and instruction.script is not None:
            for command in instruction.script.commands:
                if command.name in names:
                    yield instruction, command
