"""Stages and variables: where each is defined and where it is used."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.linter.language.analysis import Analysis
from dockgate.linter.language.variables import uses
from dockgate.linter.parsing.stages import STAGE_NAME
from dockgate.rules.rule import Edit
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Stage
from dockgate.rules.subjects.text import Span, Text


class Symbol:
    """A stage, or a variable: its ARG and ENV as far as one hands on to the other."""

    __slots__ = ("definitions", "name", "stage", "uses")

    def __init__(self, name: str, stage: Stage | None = None) -> None:
        self.name = name
        self.stage = stage  #: None for a variable
        self.definitions: list[Span] = []
        self.uses: list[Span] = []

    def places(self) -> Iterator[Span]:
        """All places, in the order of the file."""
        yield from sorted({*self.definitions, *self.uses})


class CannotRenameError(Exception):
    """Why a rename is refused, one line."""


def symbols(dockerfile: Dockerfile) -> list[Symbol]:
    """All symbols of a file."""
    return [*_stages(dockerfile), *_variables(dockerfile)]


def symbol_at(analysis: Analysis, offset: int) -> tuple[Symbol, Span] | None:
    """The symbol that is named at an offset, and where."""
    if analysis.dockerfile is not None:
        for symbol in symbols(analysis.dockerfile):
            for span in symbol.places():
                if span.start <= offset <= span.end:
                    return symbol, span
    return None


def definitions(analysis: Analysis, offset: int) -> list[Span]:
    """Where the symbol at an offset is defined: of a variable, the places in force there."""
    found = symbol_at(analysis, offset)
    if found is None:
        return []
    symbol, place = found
    before = [span for span in symbol.definitions if span.start < place.start]
    if symbol.stage is not None or not before:
        return symbol.definitions
    return before[-1:]


def references(analysis: Analysis, offset: int, declared: bool) -> list[Span]:
    """Where the symbol at an offset is used; `declared`: and where it is defined."""
    found = symbol_at(analysis, offset)
    if found is None:
        return []
    symbol = found[0]
    return list(symbol.places()) if declared else sorted(set(symbol.uses))


def renamed(analysis: Analysis, offset: int, name: str) -> list[Edit]:
    """The edits that give a stage another name. Raises CannotRenameError."""
    symbol = renameable(analysis, offset)[0]
    dockerfile, stage = analysis.dockerfile, symbol.stage
    assert dockerfile is not None
    assert stage is not None
    if not STAGE_NAME.fullmatch(name.lower()):
        raise CannotRenameError(
            f"{name!r} is no stage's name: use letters, digits, - _ . and begin with a letter"
        )
    if any(other is not stage and other.name == name.lower() for other in dockerfile.stages):
        raise CannotRenameError(f"there is a stage called {name} already")
    edits = [Edit(span, name) for span in symbol.places() if _is_name(analysis, stage, span)]
    text = dockerfile.text.text
    for edit in reversed(edits):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    if _stage_graph(text, analysis.path) != _graph(dockerfile):
        raise CannotRenameError(f"{name} would change what another instruction means")
    return edits


def renameable(analysis: Analysis, offset: int) -> tuple[Symbol, Span]:
    """The stage named at an offset, and where. Raises CannotRenameError."""
    found = symbol_at(analysis, offset)
    if found is None or found[0].stage is None:
        raise CannotRenameError("only a stage can be renamed")
    symbol, place = found
    if symbol.stage is None or not _is_name(analysis, symbol.stage, place):
        raise CannotRenameError("the stage's name is not written here")
    return symbol, place


def _is_name(analysis: Analysis, stage: Stage, span: Span) -> bool:
    return stage.name is not None and analysis.text[span].lower() == stage.name


def _graph(dockerfile: Dockerfile) -> list[tuple[str, int, int | None]]:
    """What every reference means: which rename must leave as it is."""
    return [
        (r.kind, r.instruction.index if r.instruction else -1, r.stage.index if r.stage else None)
        for r in dockerfile.references
    ]


def _stage_graph(text: str, path: str) -> list[tuple[str, int, int | None]]:
    from dockgate.linter import document

    return _graph(document.read(Text(text, path).encode(), path))


def _stages(dockerfile: Dockerfile) -> Iterator[Symbol]:
    found = {}
    for stage in dockerfile.stages:
        symbol = Symbol(stage.label, stage)
        named = stage.name_word
        symbol.definitions.append(named.span if named else stage.base.span)
        found[stage.index] = symbol
    for reference in dockerfile.references:
        if reference.stage is not None and reference.stage.index in found:
            found[reference.stage.index].uses.append(reference.span)
    yield from found.values()


def _variables(dockerfile: Dockerfile) -> list[Symbol]:
    """As BuildKit hands them on: top-level ARGs to FROM and ARG, a stage's own to its children."""
    found: list[Symbol] = []
    top: dict[str, Symbol] = {}
    ends: dict[int, dict[str, Symbol]] = {}  # what a stage hands on, by its index
    scope = top
    for instruction in dockerfile.instructions:
        stage = instruction.stage
        if instruction.cmd == "FROM":
            seen: dict[str, Symbol] = top
            parent = stage.parent if stage is not None else None
            scope = dict(ends.get(parent.index, {})) if parent is not None else {}
            if stage is not None:
                ends[stage.index] = scope
        else:
            seen = scope
        for part in _parts(instruction):
            for use in uses(dockerfile, part):
                if use.name in seen:
                    seen[use.name].uses.append(use.name_span)
        if instruction.cmd not in ("ARG", "ENV"):
            continue
        for word, _, _ in instruction.pairs():
            name = word.value
            known = scope.get(name)
            if known is None and instruction.cmd == "ARG":
                known = top.get(name)
            if known is None:
                known = Symbol(name)
                found.append(known)
            known.definitions.append(word.span)
            scope[name] = known
    return found


def _parts(instruction: Instruction) -> Iterator[Instruction]:
    yield instruction
    if instruction.sub is not None:
        yield from _parts(instruction.sub)
