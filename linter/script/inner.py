"""Scripts within commands: what `sh -c`, `su -c`, `eval` and a shell's input are given."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.shell import POSIX_SHELLS, Command, ShellWord


class Inner(NamedTuple):
    """A word that is a script of its own."""

    word: ShellWord
    shell: str
    options: frozenset[str]


def inner_script(command: Command) -> Inner | None:
    """The word of a command that a shell would run; None when there is none that text settles.

    A word with a command substitution is none: what it says is known only when it has run.
    """
    found: Inner | None = None
    if command.name in POSIX_SHELLS:
        call = shell_call(command.args)
        if call.script is not None:
            found = Inner(call.script, command.name, call.options)
    elif command.name in ("su", "runuser"):
        found = su_script(command.args)
    elif command.name == "eval" and len(command.args) == 1:
        found = Inner(command.args[0], command.shell, command.options)
    return None if found is None or found.word.commands else found


def reads_script(command: Command) -> bool:
    """Whether a command is a shell that takes its commands from standard input."""
    return command.name in POSIX_SHELLS and shell_call(command.args).reads_input


class ShellCall(NamedTuple):
    """What a shell was asked for: `bash -eo pipefail -c 'script'`."""

    options: frozenset[str]  #: letters and long names: {"e", "pipefail"}
    script: ShellWord | None  #: the operand of `-c`
    reads_input: bool  #: it takes its commands from standard input


_LONG_OPTIONS = {"errexit": "e", "nounset": "u", "xtrace": "x", "verbose": "v", "noexec": "n"}


class ShellOptions(NamedTuple):
    """The options of a shell or of `set`, up to the first operand."""

    on: frozenset[str]  #: letters, and long names that have no letter ("pipefail")
    off: frozenset[str]
    command: bool  #: `-c`
    reads_input: bool  #: `-s`
    size: int  #: how many words they are


def shell_options(values: Sequence[str]) -> ShellOptions:
    """Read the options of a shell or of `set` (POSIX.1-2017 XCU `sh`, `set`)."""
    switched: dict[str, bool] = {}
    at, size = 0, len(values)
    while at < size:
        value = values[at]
        if value in ("--", "-"):
            at += 1
            break
        if len(value) < 2 or value[0] not in "-+":
            break
        at += 1
        if value.startswith("--"):
            at += value in ("--rcfile", "--init-file")
            continue
        for letter in value[1:]:
            name = letter
            if letter in "oO":
                name = values[at] if at < size and letter == "o" else ""
                at += 1
            switched[_LONG_OPTIONS.get(name, name)] = value[0] == "-"
    on = {name for name, state in switched.items() if state and name not in ("", "c", "s")}
    off = {name for name, state in switched.items() if not state}
    return ShellOptions(
        frozenset(on),
        frozenset(off),
        switched.get("c", False),
        switched.get("s", False),
        min(at, size),
    )


def shell_call(args: Sequence[ShellWord]) -> ShellCall:
    """What the arguments of a POSIX shell ask for."""
    found = shell_options([word.value for word in args])
    operand = args[found.size] if found.size < len(args) else None
    if found.command:
        return ShellCall(found.on, operand, reads_input=False)
    return ShellCall(found.on, None, reads_input=found.reads_input or operand is None)


def su_script(args: Sequence[ShellWord]) -> Inner | None:
    """The script of `su [-] [user] -c script`, None without one."""
    shell, script = "sh", None
    at = 0
    while at < len(args):
        value = args[at].value
        name, equals, _ = value.partition("=")
        following = args[at + 1] if at + 1 < len(args) else None
        is_command = name == "--command" or re.fullmatch(r"-[lpm]*c", value) is not None
        if is_command and not equals and following is not None:
            script = following
            at += 1
        elif name in ("-s", "--shell"):
            chosen = value.partition("=")[2] if equals else following.value if following else ""
            shell = chosen.rpartition("/")[2] or shell
            at += not equals
        elif value in ("-g", "-G", "-w", "--group", "--supp-group", "--whitelist-environment"):
            at += 1
        at += 1
    if script is None or shell not in POSIX_SHELLS:
        return None
    return Inner(script, shell, frozenset())
