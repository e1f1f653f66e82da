"""The files that a Dockerfile's commands write by name."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import basename

from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.downloads import downloads, saved_as
from dockgate.rules.subjects.text import Span

_TO_LAST = frozenset({"cp", "mv", "ln", "install", "rsync"})
_OUTPUT = (">", ">>", ">|", "&>", "&>>")


class Written(NamedTuple):
    """A path as written or, for COPY and ADD into a folder, with the source's name behind it."""

    path: str
    span: Span
    instruction: Instruction


def written(dockerfile: Dockerfile, needle: str) -> Iterator[Written]:
    """The files whose path has `needle` in it: nothing is looked at where the text has it not."""
    if needle not in dockerfile.text.text:
        return
    for instruction in dockerfile.with_triggers():
        found: list[Written] = []
        if instruction.cmd in ("COPY", "ADD") and len(instruction.words) > 1:
            found += _copied(instruction)
        elif instruction.cmd == "RUN" and instruction.script is not None:
            found += _by_commands(instruction)
        yield from (one for one in found if needle in one.path)


def _copied(instruction: Instruction) -> Iterator[Written]:
    target = instruction.values[-1]
    yield Written(target, instruction.words[-1].span, instruction)
    if target.endswith("/"):
        for word, value in zip(instruction.words[:-1], instruction.values[:-1], strict=True):
            yield Written(target + basename(value), word.span, instruction)


def _by_commands(instruction: Instruction) -> Iterator[Written]:
    for command in instruction.script.commands if instruction.script else ():
        for redirect in command.redirects:
            if redirect.operator in _OUTPUT and redirect.target is not None:
                yield Written(redirect.target.value, redirect.span, instruction)
        targets = command.args if command.name == "tee" else []
        if command.name in _TO_LAST:
            targets = command.args[-1:]
        for word in targets:
            yield Written(word.value, word.span, instruction)
        if downloads(command):
            path = saved_as(command)
            if path:
                yield Written(path, command.span, instruction)
