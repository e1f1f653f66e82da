"""A file's outline: its stages, and the instructions below each."""

from __future__ import annotations

from typing import NamedTuple

from dockgate.linter.language.analysis import Analysis
from dockgate.rules.subjects.dockerfile import Instruction, Stage
from dockgate.rules.subjects.text import Span

STAGE, INSTRUCTION, VARIABLE = "stage", "instruction", "variable"
LONGEST = 60  #: characters of an instruction that are shown


class Node(NamedTuple):
    """An entry of the outline."""

    name: str
    detail: str
    kind: str  #: "stage", "instruction" or "variable"
    span: Span  #: all of it
    name_span: Span
    children: tuple[Node, ...] = ()


def outline(analysis: Analysis) -> list[Node]:
    """What stands before the first FROM, then the stages."""
    dockerfile = analysis.dockerfile
    if dockerfile is None:
        return []
    before = [i for i in dockerfile.instructions if i.stage is None and i.cmd != "FROM"]
    return [_instruction(analysis, instruction) for instruction in before] + [
        _stage(analysis, stage) for stage in dockerfile.stages
    ]


def _stage(analysis: Analysis, stage: Stage) -> Node:
    below = tuple(_instruction(analysis, i) for i in stage.instructions if i.cmd != "FROM")
    start = stage.from_.span.start
    end = max([stage.from_.span.end, *(node.span.end for node in below)])
    named = stage.name_word.span if stage.name_word else stage.base.span
    detail = f"FROM {stage.base.name or stage.base.raw}"
    return Node(_short(stage.label), _short(detail), STAGE, Span(start, end), named, below)


def _instruction(analysis: Analysis, instruction: Instruction) -> Node:
    text = analysis.report.redacted(" ".join(analysis.report.text[instruction.span].split()))
    kind = VARIABLE if instruction.cmd in ("ARG", "ENV") else INSTRUCTION
    span = instruction.span
    last = analysis.text.line_span(min(instruction.end, len(analysis.text.starts))).end
    return Node(_short(text), "", kind, Span(span.start, max(span.end, last)), instruction.keyword)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
