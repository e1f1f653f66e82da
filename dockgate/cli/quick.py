"""Recognises the common form of a command line from its declaration, without typer (80 ms).

Whatever is out of the ordinary — an unknown option, a missing value, `--help`, bundled short
options — is left to typer, which also words the error: what is accepted here, typer reads alike
(held by a test).
"""

from __future__ import annotations

from dockgate.cli.declare import MODULES, Argument, Command, Option, declared

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    Values = dict[str, Any]


#: What docker's flags without a value may be given all the same: Go's strconv.ParseBool.
TRUTH = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


def recognise(argv: list[str]) -> tuple[Command, Values] | None:
    """The command that is meant and its values; None when typer has to look."""
    command, rest = named(argv)
    if command is None:
        return None
    values = parse(command, rest)
    return None if values is None else (command, values)


def named(argv: list[str]) -> tuple[Command | None, list[str]]:
    """The command that is named, and the words after it; None and all words where it is none."""
    if not argv or argv[0] not in MODULES:
        return None, argv
    command, rest = declared(argv[0]), argv[1:]
    while command.commands:
        subs = {sub.name: sub for sub in command.commands}
        if not rest or rest[0] not in subs:
            return None, argv
        command, rest = subs[rest[0]], rest[1:]
    return command, rest


def bare_flags(argv: list[str]) -> list[str]:
    """The same line for typer, which takes no values of flags: `--push=true` is `--push`."""
    command, rest = named(argv)
    if command is None:
        return argv
    options = {flag: option for option in command.options for flag in option.flags}
    kept: list[tuple[str, Option | None]] = []  # words, and the flag that one is
    left = iter(rest)
    for word in left:
        flag, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        option = options.get(flag)
        if option is not None and option.kind == "flag" and (not equals or value in TRUTH):
            if equals:
                kept = [one for one in kept if one[1] is not option]
            if not equals or TRUTH[value]:
                kept.append((flag, option))
            continue
        kept.append((word, None))
        if word == "--":
            kept += [(one, None) for one in left]
        elif option is not None and not equals:
            kept += [(one, None) for one in [next(left, None)] if one is not None]
    return [*argv[: len(argv) - len(rest)], *(word for word, _ in kept)]


def parse(command: Command, argv: list[str]) -> Values | None:
    """The values of a regular command line, by parameter; None for any other."""
    options = {flag: option for option in command.options for flag in option.flags}
    values: Values = {option.name: option.default for option in command.options}
    positional: list[str] = []
    rest = iter(argv)
    for word in rest:
        if word == "--":
            positional += rest
        elif not word.startswith("-") or word == "-":
            positional.append(word)
        else:
            flag, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
            option = options.get(flag)
            if option is None:
                return None
            if option.kind == "flag":
                if equals and value not in TRUTH:
                    return None
                values[option.name] = TRUTH[value] if equals else True
                continue
            if not equals:
                value = next(rest, "-?")
                if value.startswith("-") and value != "-":
                    return None
            if not _store(values, option, value):
                return None
    return values if _place(values, command.arguments, positional) else None


def _store(values: Values, option: Option, value: str) -> bool:
    if option.choices and value not in option.choices:
        return False
    if option.kind == "int":
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            return False
        values[option.name] = int(value)
    elif option.kind == "texts":
        values[option.name] = (*values[option.name], value)
    else:
        values[option.name] = value
    return True


def _place(values: Values, arguments: tuple[Argument, ...], words: list[str]) -> bool:
    left = list(words)
    for argument in arguments:
        if argument.required and not left:
            return False
        if argument.many:
            values[argument.name] = tuple(left)
            left = []
        else:
            values[argument.name] = left.pop(0) if left else None
    return not left
