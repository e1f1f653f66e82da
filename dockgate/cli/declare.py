"""How a command is declared: once, as data.

typer makes parsing, help and completion of the declaration (`dockgate.cli.app`); the quick parser
recognises the common form of a command line from the same declaration (`dockgate.cli.quick`).
"""

from __future__ import annotations

from importlib import import_module

from dockgate.rules.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

RULES = "rules"  #: names and aliases of rules


class Option(NamedTuple):
    """An option. `kind`: "flag" (no value), "text", "int", or "texts" (may be repeated)."""

    name: str  #: the parameter of the command's `run`
    flags: tuple[str, ...]  #: `--output`, `-o`
    kind: str
    help: str
    default: Any = None  #: False for a flag, () for "texts"
    choices: tuple[str, ...] = ()  #: of a "text": any other value is a usage error
    metavar: str = ""
    completes: str = ""  #: what a shell offers for its value: RULES; files otherwise


class Argument(NamedTuple):
    """A positional argument; `many` takes all that are left."""

    name: str
    metavar: str
    help: str
    many: bool = False
    required: bool = True
    completes: str = ""  #: as of an option


class Command(NamedTuple):
    """A command. `run` is "module:function", imported when it is called.

    The function takes every option and argument by name and gives the exit code. A command with
    `commands` (`policy show`) only groups them.
    """

    name: str
    help: str
    run: str = ""
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    examples: tuple[str, ...] = ()  #: command lines, shown in the help and run by a test
    commands: tuple[Command, ...] = ()


#: The modules of this package that declare a `COMMAND`, in the order of the help.
MODULES = (
    "lint", "build", "scan", "rules", "explain", "parse", "policy", "db", "init", "migrate", "lsp",
)  # fmt: skip


def declared(module: str) -> Command:
    """The command that a module of this package declares."""
    command: Command = import_module(f"{__package__}.{module}").COMMAND
    return command


def call(command: Command, values: dict[str, Any]) -> int:
    """Run the command's function; gives the exit code."""
    module, _, function = command.run.partition(":")
    code: int = getattr(import_module(module), function)(**values)
    return code
