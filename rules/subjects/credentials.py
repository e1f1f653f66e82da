"""Commands that keep a login in a file, and the variables that hold one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dockgate.rules import secret_names
from dockgate.rules.data import load
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.shell import Command, ShellWord


class Login(NamedTuple):
    """A command that keeps credentials, and where it keeps them."""

    verb: str  #: `config set`
    file: str  #: below the home, or a folder there


def login_commands() -> list[str]:
    """The names of the commands that may keep a login."""
    return list(load("logins")["commands"])


_UNDO = frozenset({"logout", "revoke", "delete", "--unset", "unset", "remove", "erase", "rm"})


def login(command: Command) -> Login | None:
    """How the command keeps credentials; None when it keeps none."""
    values = [word.value for word in command.args]
    operands = [value for value in values if not value.startswith("-")]
    for one in load("logins")["commands"].get(command.name, ()):
        having = one.get("having", "")
        if operands[: len(one["verbs"])] != one["verbs"]:
            continue
        if not having or _having(having).search(" ".join(values)):
            return Login(" ".join(one["verbs"]), one["file"])
    return None


@cache
def _having(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


def undone(kept: Login, command: Command, instruction: Instruction) -> bool:
    """Whether the same RUN takes the file away again, or keeps it out of the layer by a mount."""
    folder = kept.file.partition("/")[0]
    if any(folder in mount.get("target", "") for mount in instruction.mounts):
        return True
    for later in instruction.script.commands if instruction.script else ():
        if later.span.start <= command.span.start:
            continue
        values = [word.value for word in later.args]
        if later.name == command.name and not _UNDO.isdisjoint(values):
            return True
        if later.name in ("rm", "shred", "unlink") and any(folder in value for value in values):
            return True
    return False


@cache
def _reference() -> re.Pattern[str]:
    return re.compile(r"\$(?:\{([A-Za-z_]\w*)|([A-Za-z_]\w*))")


def references(text: str) -> Iterator[str]:
    """The names of the variables that a text expands."""
    for match in _reference().finditer(text):
        yield match[1] or match[2]


def is_secret(name: str, further: tuple[str, ...]) -> bool:
    """Whether a variable of this name holds a password or a token."""
    return secret_names.secret_name(name, further) not in (None, secret_names.KEY)


def secret_words(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, Command, ShellWord, str]]:
    """The words of RUNs that expand a variable whose name means a secret, with that name."""
    further = dockerfile.settings.secret_names
    for instruction, command in dockerfile.commands():
        if instruction.cmd != "RUN":
            continue
        for word in command.words:
            if not word.literal and "$" in word.text:
                for name in references(word.text):
                    if is_secret(name, further):
                        yield instruction, command, word, name


def mounted(instruction: Instruction, kind: str = "secret") -> list[dict[str, str]]:
    """The RUN's mounts of this type."""
    return [mount for mount in instruction.mounts if mount["type"] == kind]
