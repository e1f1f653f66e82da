"""Fixes that rules on packages share."""

from __future__ import annotations

from dockgate.rules.rule import Edit, Fix
from dockgate.rules.subjects.dockerfile import Instruction
from dockgate.rules.subjects.shell import Command, ShellWord
from dockgate.rules.subjects.text import Span


def after(
    command: Command, word: ShellWord, option: str, title: str, *, safe: bool
) -> tuple[Fix, ...]:
    """Put an option behind a word of a command; none in exec form, which has quotes and commas."""
    if command.exec_form:
        return ()
    return (Fix(title, (Edit(Span(word.span.end, word.span.end), f" {option}"),), safe=safe),)


def at_end(instruction: Instruction, script: str, title: str) -> tuple[Fix, ...]:
    """Let a RUN end with one more command; none where its end cannot be told from its text."""
    body = instruction.body
    text = body.text.rstrip()
    if instruction.json or instruction.heredocs or not text or "#" in text or text[-1] in "&|\\":
        return ()
    joint = " " if text.endswith(";") else " && "
    end = body.source(len(text) - 1) + 1
    return (Fix(title, (Edit(Span(end, end), joint + script),), safe=False),)
