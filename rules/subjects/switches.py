"""Where a Dockerfile sets variables and writes configuration: the places of on and off switches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.text import MappedText, Span

#: Commands whose arguments end up in files.
WRITERS = ("add-apt-repository", "awk", "cat", "echo", "perl", "printf", "sed", "tee")


class Variable(NamedTuple):
    """A variable that is set, by ENV, ARG or a shell."""

    name: str
    value: str
    span: Span
    instruction: Instruction


def set_variables(dockerfile: Dockerfile, values: Mapping[str, str]) -> Iterator[Variable]:
    """Where one of these variables gets a value that its pattern matches whole (case ignored)."""
    wanted = {name.upper(): re.compile(p, re.IGNORECASE) for name, p in values.items()}
    for instruction in dockerfile.with_triggers():
        if instruction.cmd in ("ENV", "ARG"):
            for name, word, value in instruction.pairs():
                pattern = wanted.get(name.value.upper())
                if pattern is not None and word is not None and pattern.fullmatch(value.strip()):
                    span = Span(name.span.start, word.span.end)
                    yield Variable(name.value, value.strip(), span, instruction)
    for instruction, command in dockerfile.commands():
        for run in (*command.wrappers, command):
            for assignment in run.assignments:
                pattern = wanted.get(assignment.name.upper())
                value = assignment.value.value
                if pattern is not None and pattern.fullmatch(value):
                    yield Variable(assignment.name, value, assignment.span, instruction)


def written_text(
    dockerfile: Dockerfile,
) -> Iterator[tuple[Instruction, str, Callable[[re.Match[str]], Span]]]:
    """Texts that a build may write into files, each with a function from a match to its span.

    Arguments of echo, printf, sed and the like that go somewhere, and heredoc bodies that no
    shell runs.
    """
    for instruction, command in dockerfile.commands(*WRITERS):
        said = command.name in ("echo", "printf")
        if not said or command.redirects or command.pipe_to or "group" in command.context:
            for word in command.args:
                yield instruction, word.value, _finder(dockerfile, word.span)
        for redirect in command.redirects:
            if redirect.operator.startswith("<<") and redirect.target is not None:
                target = redirect.target
                yield instruction, target.value, _finder(dockerfile, target.span)
    for instruction in dockerfile.with_triggers():
        if instruction.cmd in ("COPY", "ADD"):
            for heredoc in instruction.heredocs:
                yield instruction, heredoc.body.text, _mapper(heredoc.body)


def _finder(dockerfile: Dockerfile, whole: Span) -> Callable[[re.Match[str]], Span]:
    def find(match: re.Match[str]) -> Span:
        at = dockerfile.text.text.find(match[0], whole.start, whole.end)
        return Span(at, at + len(match[0])) if at >= 0 else whole

    return find


def _mapper(body: MappedText) -> Callable[[re.Match[str]], Span]:
    return lambda match: body.span(match.start(), match.end())
