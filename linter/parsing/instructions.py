"""Bytes to instructions: the lexer's lines, split into words, each with its place."""

from __future__ import annotations

from collections.abc import Sequence

from dockgate.linter.parsing.expand import Expander, ExpansionError
from dockgate.linter.parsing.lexer import Lexer, LogicalLine
from dockgate.linter.parsing.words import KNOWN, Fault, Piece, Split, arguments, split
from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.dockerfile import (
    Dockerfile,
    Flag,
    Heredoc,
    Instruction,
    ParseError,
    Word,
)
from dockgate.rules.subjects.text import MappedText, Span, Text

#: `ONBUILD ONBUILD …` is looked into this deep; BuildKit refuses even two.
MAX_ONBUILD = 8
#: What Go's ParseUint gives for a number that does not fit.
_MAX_UINT = (1 << 64) - 1

_HEREDOC = pattern(r"([0-9]*)<<(-?)[\t\n\f\r ]*([^<]*)")
_PLAIN_NAME = pattern(r"[A-Za-z0-9_.-]+")
_HEREDOC_COMMANDS = frozenset({"RUN", "COPY", "ADD"})


def parse(text: Text, rejected: list[Instruction] | None = None) -> Dockerfile:
    """The instructions of a file, not yet resolved; never raises.

    Lines at which BuildKit's parser stops are no instructions; they go into `rejected`, without
    words.
    """
    dockerfile = Dockerfile(text)
    lexer = Lexer(text.text, text.starts)
    while (line := lexer.next()) is not None:
        logical = MappedText(line.text, line.pieces)
        parts = split(line.text, 0, len(line.text))
        index = len(dockerfile.instructions)
        instruction = _instruction(line, logical, parts, lexer, index) if line.readable else None
        if instruction is not None:
            dockerfile.instructions.append(instruction)
        elif rejected is not None:
            rejected.append(_plain(line, logical, parts, (), False, index))
    if not dockerfile.instructions and not lexer.errors:
        end = len(text.text)
        lexer.errors.append(
            ParseError("file with no instructions", max(lexer.line, 1), Span(end, end), fatal=True)
        )
    dockerfile.escape = lexer.escape
    dockerfile.directives = lexer.directives
    dockerfile.comments = lexer.comments
    dockerfile.errors = lexer.errors
    return dockerfile


def heredoc_of(word: str) -> tuple[str, int, bool, bool] | None:
    """Name, descriptor, whether expanded, whether chomped, of a word like `<<EOF`, else None.

    Raises ExpansionError as BuildKit does.
    """
    match = _HEREDOC.fullmatch(word)
    if match is None or not match[3]:
        return None
    if _PLAIN_NAME.fullmatch(match[3]):
        return match[3], _descriptor(match[1]), True, match[2] == "-"
    plain = Expander({}, skip_unset=True).words(match[3])
    if len(plain) != 1:
        return None
    raw = Expander({}, skip_unset=True, raw_quotes=True).words(match[3])
    if len(raw) != 1:
        message = f"internal lexing of heredoc produced inconsistent results: {match[3]}"
        raise ExpansionError(message, 0)
    name = plain[0]
    quoted = _quotes(name) != _quotes(raw[0])
    return name, _descriptor(match[1]), not quoted, match[2] == "-"


def _descriptor(digits: str) -> int:
    significant = digits.lstrip("0")
    return _MAX_UINT if len(significant) > 20 else min(int(significant or 0), _MAX_UINT)


def _quotes(word: str) -> int:
    return word.count("'") + word.count('"')


def _instruction(
    line: LogicalLine, logical: MappedText, parts: Split, lexer: Lexer, index: int
) -> Instruction | None:
    """The instruction of a logical line; None (and an error noted) where BuildKit stops."""
    try:
        instruction = _build(line, logical, parts, lexer.escape, index)
        _check_nested(line.text, parts, lexer.escape)
    except Fault as fault:
        span = logical.span(fault.start, fault.end)
        lexer.errors.append(ParseError(str(fault), line.start, span, fatal=True))
        return None
    holder = instruction.sub if instruction.sub is not None else instruction
    if "<<" in line.text and holder.cmd in _HEREDOC_COMMANDS and not holder.json:
        _read_heredocs(instruction, line, lexer)
        holder.heredocs = instruction.heredocs
        holder.end = instruction.end
        holder.span = Span(holder.span.start, instruction.span.end)
    return instruction


def _build(
    line: LogicalLine, logical: MappedText, parts: Split, escape: str, index: int
) -> Instruction:
    cmd = _command(parts.keyword.value)
    text = logical.text
    sub = None
    exec_form = False
    pieces: Sequence[Piece] = ()
    if cmd != "ONBUILD":
        pieces, exec_form = arguments(cmd, text, parts.start, parts.end, escape)
    elif parts.start < parts.end:
        inner = logical.part(parts.start, parts.end)
        inner_parts = split(inner.text, 0, len(inner.text))
        try:
            if _command(inner_parts.keyword.value) == "ONBUILD":
                blank = (Piece("", 0, 0),) if inner_parts.start < inner_parts.end else ()
                sub = _plain(line, inner, inner_parts, blank, False, index)
            else:
                sub = _build(line, inner, inner_parts, escape, index)
        except Fault as fault:
            fault.start += parts.start
            fault.end += parts.start
            raise
    instruction = _plain(line, logical, parts, pieces, exec_form, index)
    if sub is not None:
        instruction.sub = sub
        sub.parent = instruction
    return instruction


def _plain(
    line: LogicalLine,
    logical: MappedText,
    parts: Split,
    pieces: Sequence[Piece],
    exec_form: bool,
    index: int,
) -> Instruction:
    keyword = logical.span(parts.keyword.start, parts.keyword.end)
    if len(line.pieces) == 1:
        base = logical.source(0)
        flags = [Flag(v, Span(base + a, base + b)) for v, a, b in parts.flags]
        words = [Word(v, Span(base + a, base + b), a) for v, a, b in pieces]
    else:
        flags = [Flag(v, logical.span(a, b)) for v, a, b in parts.flags]
        words = [Word(v, logical.span(a, b), a) for v, a, b in pieces]
    return Instruction(
        _command(parts.keyword.value),
        index=index,
        start=line.start,
        end=line.end,
        span=Span(keyword.start, line.stop),
        keyword=keyword,
        flags=flags,
        words=words,
        logical=logical,
        body_start=parts.start,
        json=exec_form,
    )


def _command(keyword: str) -> str:
    """The keyword in upper case; one that is only by Python's rules a known one stays itself."""
    upper = keyword.upper()
    if upper in KNOWN and keyword.lower().upper() not in KNOWN:
        return keyword
    lowered = keyword.lower().upper()
    return lowered if lowered in KNOWN else upper


def _check_nested(text: str, parts: Split, escape: str) -> None:
    """Raises the Fault of what `ONBUILD ONBUILD` holds, as BuildKit's recursion does."""
    for _ in range(MAX_ONBUILD):
        if _command(parts.keyword.value) != "ONBUILD" or parts.start == parts.end:
            return
        parts = split(text, parts.start, parts.end)
        if _command(parts.keyword.value) != "ONBUILD":
            arguments(_command(parts.keyword.value), text, parts.start, parts.end, escape)


def _read_heredocs(instruction: Instruction, line: LogicalLine, lexer: Lexer) -> None:
    text = line.text
    lex = Expander({}, raw_quotes=True, raw_escapes=True, skip_unset=True)
    try:
        words = lex.words(text)
    except ExpansionError:
        return  # as BuildKit: a line that its lexer cannot read has no heredocs
    position = 0
    for word in words:
        if "<<" not in word:
            continue
        found = text.find(word, position)
        if found < 0:  # the lexer doubles some backslashes: at least the operator is there
            found = max(text.find("<<", position), position)
        position = min(found + len(word), len(text))
        marker = instruction.logical.span(found, position)
        try:
            described = heredoc_of(word)
        except ExpansionError as error:
            lexer.errors.append(ParseError(str(error), line.start, marker, fatal=True))
            return
        if described is None:
            continue
        name, descriptor, expand, chomp = described
        body = lexer.heredoc(name, chomp)
        if not body.terminated:
            lexer.errors.append(ParseError("unterminated heredoc", line.start, marker, fatal=True))
        instruction.heredocs.append(
            Heredoc(
                name,
                body.content,
                fd=descriptor,
                expand=expand,
                chomp=chomp,
                marker=marker,
                span=body.span,
                body=body.body,
            )
        )
    if instruction.heredocs:
        instruction.end = lexer.line
        instruction.span = Span(instruction.span.start, lexer.stop)
