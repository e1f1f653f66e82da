"""Two parsers of one declaration must not disagree."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.cli import app, quick
from dockgate.cli.declare import MODULES, Argument, Command, Option, declared
from dockgate.linter.errors import UsageError

ALL = Command(
    "all",
    "Every kind of option.",
    "nowhere:run",
    arguments=(Argument("first", "FIRST", "One."), Argument("rest", "REST", "Many.", many=True)),
    options=(
        Option("flag", ("--flag", "-f"), "flag", "A flag.", False),
        Option("text", ("--text", "-t"), "text", "A text.", metavar="TEXT"),
        Option("choice", ("--choice",), "text", "A choice.", "a", ("a", "b")),
        Option("number", ("--number", "-n"), "int", "A number.", 3),
        Option("texts", ("--texts", "-x"), "texts", "Texts.", ()),
    ),
)


def leaves(command: Command) -> list[tuple[str, ...]]:
    if not command.commands:
        return [(command.name,)]
    return [(command.name, *leaf) for sub in command.commands for leaf in leaves(sub)]


PATHS = [path for module in MODULES for path in leaves(declared(module))]


def of(path: tuple[str, ...]) -> Command:
    command = declared(path[0])
    for name in path[1:]:
        command = next(sub for sub in command.commands if sub.name == name)
    return command


def words(command: Command) -> st.SearchStrategy[list[str]]:
    flags = [flag for option in command.options for flag in option.flags]
    values = ["", "-", "--", "text", "json", "a", "1", "007", "１", " 1", "1_0", "-1", "é", "a=b"]
    values += ["true", "0", "False", "T"]
    values += [choice for option in command.options for choice in option.choices]
    tokens = st.one_of(
        st.sampled_from([*flags, *values, "--help", "-h", "--nope", "-fq"]),
        st.builds("{}={}".format, st.sampled_from(flags or ["--x"]), st.sampled_from(values)),
        st.text(max_size=4).filter(lambda text: "\0" not in text),
    )
    return st.lists(tokens, max_size=7)


@pytest.fixture(scope="module", autouse=True)
def _one_more_command() -> object:
    """`all` beside the real commands, so that every kind of option is met."""
    patch = pytest.MonkeyPatch()
    real = declared

    def also(module: str) -> Command:
        return ALL if module == "all" else real(module)

    for module in (app, quick):
        patch.setattr(module, "declared", also)
        patch.setattr(module, "MODULES", (*MODULES, "all"))
    yield
    patch.undo()


@pytest.mark.parametrize("path", [*PATHS, ("all",)], ids=" ".join)
def test_what_quick_accepts_typer_reads_alike(path: tuple[str, ...]) -> None:
    command = ALL if path == ("all",) else of(path)

    @settings(max_examples=200, deadline=None)
    @given(words(command))
    def alike(argv: list[str]) -> None:
        found = quick.recognise([*path, *argv])
        if found is not None:
            assert app.parse([*path, *argv]) == found

    alike()


@pytest.mark.parametrize(
    "argv",
    [
        ["lint"],
        ["lint", "Dockerfile"],
        ["lint", "--format", "json", "-"],
        ["lint", "--format=hadolint", "--stdin-filename=x", "-"],
        ["lint", "-f", "json", "--select", "a", "--select=b", "x", "--", "-y"],
        ["lint", "--fix", "--unsafe-fixes", "-q", "a", "b"],
        ["explain", "DL3006"],
        ["policy", "show"],
        ["rules", "--format", "json"],
    ],
)
def test_the_common_forms_need_no_typer(argv: list[str]) -> None:
    found = quick.recognise(argv)
    assert found is not None
    assert app.parse(argv) == found


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["lint", "--nope"], "No such option: --nope"),
        (["lint", "--format", "xml"], "'xml' is not one of 'text', 'grouped', "),
        (["lint", "--output"], "requires an argument (see 'dockgate lint --help')"),
        (["lint", "--fix=maybe"], "does not take a value"),
        (["explain"], "Missing argument 'RULE' (see 'dockgate explain --help')"),
        (["explain", "a", "b"], "unexpected extra argument"),
        (["nope"], "No such command 'nope'"),
        (["policy"], "Missing command (see 'dockgate policy --help')"),
    ],
)
def test_what_is_irregular_is_worded_by_typer(argv: list[str], line: str) -> None:
    assert quick.recognise(argv) is None
    with pytest.raises(UsageError) as error:
        app.parse(argv)
    assert line in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("words", "pushed"),
    [
        (["--push=true"], True),
        (["--push=1"], True),
        (["--push=false"], False),
        (["--push", "--push=F"], False),
        (["--push=0", "--push"], True),
        (["--push=false", "--build-arg", "a=--push"], False),
    ],
)
def test_flags_have_values_as_dockers_have(words: list[str], pushed: bool) -> None:
    found = quick.recognise(["build", *words, "."])
    assert found is not None
    assert found[1]["push"] is pushed
    asked_typer = app.parse(["build", "-t", "a", *words, "-qt", "b", "."])
    assert isinstance(asked_typer, tuple)
    assert asked_typer[1]["push"] is pushed
    assert asked_typer[1]["tag"] == ("a", "b")


def test_every_module_that_declares_a_command_is_registered() -> None:
    folder = Path(quick.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    declaring = {m for m in modules if hasattr(import_module(f"dockgate.cli.{m}"), "COMMAND")}
    assert declaring == set(MODULES)


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_a_command_takes_what_it_declares(path: tuple[str, ...]) -> None:
    import inspect

    command = of(path)
    module, _, function = command.run.partition(":")
    parameters = inspect.signature(getattr(import_module(module), function)).parameters
    names = [argument.name for argument in command.arguments]
    names += [option.name for option in command.options]
    assert list(parameters) == names
    assert command.examples


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_names_every_option(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert app.parse([*path, "-h"]) == 0
    help_ = capsys.readouterr().out
    command = of(path)
    for option in command.options:
        assert all(flag in help_ for flag in option.flags)
    for example in command.examples:
        assert example in help_
