"""Where a Dockerfile's text uses variables: `$NAME` and `${NAME…}`, with their places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.text import MappedText, Span

#: Instructions whose exec form nobody expands.
_EXECUTED = frozenset({"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL"})

MAX_EXPANSION = 1000  #: characters within `${…}` that are looked through for its end

_BACKSLASH = pattern(r"\\.|\n|'|\"|\$(\{?)([A-Za-z_][A-Za-z0-9_]*)", 16)  # re.S
_BACKQUOTE = pattern(r"`.|\n|'|\"|\$(\{?)([A-Za-z_][A-Za-z0-9_]*)", 16)
_BRACE = pattern(r"\\.|[{}]", 16)


class Use(NamedTuple):
    """One use of a variable."""

    name: str
    span: Span  #: of the whole expansion, `${NAME:-default}`
    name_span: Span
    text: str  #: the expansion as written, continuations joined


def uses(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Use]:
    """The uses in an instruction, its here-documents included; not those in single quotes."""
    if instruction.json and instruction.cmd in _EXECUTED:
        return
    by_shell = instruction.cmd in _EXECUTED
    escape = "\\" if by_shell else dockerfile.escape
    keyword = instruction.keyword.end - instruction.keyword.start
    if instruction.sub is None:
        yield from _uses(instruction.logical.part(keyword), escape, quotes=True)
    for heredoc in instruction.heredocs:
        if heredoc.expand or instruction.cmd == "RUN":
            yield from _uses(heredoc.body, "\\", quotes=instruction.cmd == "RUN")


def _uses(source: MappedText, escape: str, *, quotes: bool) -> Iterator[Use]:
    single = double = False
    text = source.text
    tokens = _BACKQUOTE if escape == "`" else _BACKSLASH
    for token in tokens.finditer(text):
        found = token[0]
        if found == "\n":  # an apostrophe in a script's comment ends with its line
            single = double = False
        elif found == "'":
            single = quotes and not double and not single
        elif found == '"':
            double = quotes and not single and not double
        elif token[2] and not single:
            end = _closing(text, token.end()) if token[1] else token.end()
            whole, name = source.span(token.start(), end), source.span(*token.span(2))
            yield Use(token[2], whole, name, text[token.start() : end])


def _closing(text: str, at: int) -> int:
    """Where `${…}` ends; after the name where nothing near closes it."""
    depth = 1
    for brace in _BRACE.finditer(text, at, at + MAX_EXPANSION):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if not depth:
            return brace.end()
    return at
