"""Makes the typer application out of the declared commands: help, completion, errors."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Annotated, Any

import typer

from dockgate import __version__
from dockgate.cli import quick
from dockgate.cli.completion import COMPLETERS, prepare
from dockgate.cli.declare import MODULES, Argument, Command, Option, declared
from dockgate.linter.errors import UsageError

HELP = """The gate between a Dockerfile and a tag: lint, build, scan, and only then name the image.

Exit codes: 0 accepted, 1 findings or refused, 2 usage or configuration, 3 undecided."""
CONTEXT = {"help_option_names": ["-h", "--help"]}
#: click's base class of what a user did wrong: BadParameter < UsageError < ClickException. Where
#: it can be imported from depends on typer's version.
ClickException: type[Exception] = typer.BadParameter.__bases__[0].__bases__[0]


def parse(argv: Sequence[str]) -> tuple[Command, dict[str, Any]] | int:
    """The command that is meant and its values, or the exit code where typer has answered.

    Raises UsageError, worded by typer.
    """
    prepare(argv)
    command = typer.main.get_command(application())
    try:
        words = quick.bare_flags(list(argv))
        answer = command.main(words or ["--help"], prog_name="dockgate", standalone_mode=False)
    except ClickException as error:
        raise UsageError(_one_line(error, argv)) from None
    except typer.Abort:
        raise KeyboardInterrupt from None
    return answer if isinstance(answer, tuple) else int(answer or 0)


def application() -> typer.Typer:
    """The whole command line as a typer application whose commands give back their values."""
    app = typer.Typer(
        name="dockgate",
        help=HELP,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=CONTEXT,
    )

    app.callback(help=HELP)(_shared)
    for module in MODULES:
        _add(app, declared(module))
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"dockgate {__version__}")
        raise typer.Exit


_VERSION = typer.Option(
    "--version", help="Print the version.", is_eager=True, callback=_print_version
)


def _shared(version: Annotated[bool, _VERSION] = False) -> None:
    """The options of dockgate itself."""


def _add(app: typer.Typer, command: Command) -> None:
    if command.commands:
        group = typer.Typer(help=command.help, rich_markup_mode=None, context_settings=CONTEXT)
        for sub in command.commands:
            _add(group, sub)
        app.add_typer(group, name=command.name)
        return
    examples = "\n".join(["\b", "Examples:", *(f"  {line}" for line in command.examples)])
    app.command(
        command.name,
        help=command.help,
        epilog=examples if command.examples else None,
        context_settings=CONTEXT,
    )(_function(command))


def _function(command: Command) -> Callable[..., tuple[Command, dict[str, Any]]]:
    """A function with the signature that typer reads; called, it gives its values back."""

    def give_back(**values: Any) -> tuple[Command, dict[str, Any]]:
        return command, {name: _plain(value) for name, value in values.items()}

    parameters = [_argument(argument) for argument in command.arguments]
    parameters += [_option(option) for option in command.options]
    give_back.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    give_back.__annotations__ = {p.name: p.annotation for p in parameters}
    give_back.__name__ = command.name
    return give_back


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return tuple(value) if isinstance(value, list) else value


def _argument(argument: Argument) -> inspect.Parameter:
    kind: Any = list[str] if argument.many else str
    default: Any = [] if argument.many else None
    if argument.required:
        default = inspect.Parameter.empty
    elif not argument.many:
        kind = str | None
    info = typer.Argument(
        metavar=argument.metavar,
        help=argument.help,
        show_default=False,
        autocompletion=COMPLETERS.get(argument.completes),
    )
    return _parameter(argument.name, Annotated[kind, info], default)


def _option(option: Option) -> inspect.Parameter:
    kinds: dict[str, Any] = {"flag": bool, "text": str, "int": int, "texts": list[str]}
    kind, default = kinds[option.kind], option.default
    if option.choices:
        kind = _enum(option)
        default = kind(default) if default is not None else None
    if option.kind == "texts":
        default = list(default)
    elif default is None:
        kind = kind | None
    info = typer.Option(
        *option.flags,
        help=option.help,
        metavar=option.metavar or None,
        show_default=option.default not in (None, False, (), ""),
        autocompletion=COMPLETERS.get(option.completes),
    )
    return _parameter(option.name, Annotated[kind, info], default)


def _enum(option: Option) -> Any:
    return Enum(option.name, [(choice, choice) for choice in option.choices])


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _one_line(error: Any, argv: Sequence[str]) -> str:
    message = " ".join(error.format_message().replace("Value error, ", "").split()).rstrip(".")
    context = getattr(error, "ctx", None)
    if context is not None:
        where = context.command_path
    else:
        where = " ".join(["dockgate", *(word for word in argv[:1] if word in MODULES)])
    return f"{message} (see '{where} --help')"
