"""Variables that are used and nowhere defined: which of them a base image may yet define."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dockgate.rules.data import load
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Stage
from dockgate.rules.subjects.images import matches
from dockgate.rules.subjects.text import Span
from dockgate.rules.subjects.users import base_of


class Use(NamedTuple):
    """A variable without a value, once for each name of an instruction."""

    instruction: Instruction
    name: str
    span: Span
    #: why no base image can be what sets it, "" where one may
    reason: str


def uses(dockerfile: Dockerfile) -> Iterator[Use]:
    """The uses that BuildKit's UndefinedVar reports of a base that sets PATH only."""
    known: _Known | None = None
    for instruction in dockerfile.instructions:
        stage = instruction.stage
        if stage is None or instruction.cmd == "FROM":
            continue
        if not instruction.undefined and not instruction.unneeded:
            continue
        if known is None:
            known = _Known(dockerfile)
        seen = set()
        for name, span in instruction.undefined:
            if name not in seen:
                seen.add(name)
                yield Use(instruction, name, span, known.reason(instruction, stage, name, span))
        for name, span in instruction.unneeded:
            if name not in seen:
                seen.add(name)
                yield Use(instruction, name, span, "")


class _Known:
    """The names that the file declares, and where."""

    def __init__(self, dockerfile: Dockerfile) -> None:
        self.globals: dict[str, int] = {}
        self.later: dict[tuple[int, str], int] = {}
        for instruction in dockerfile.find("ARG", "ENV"):
            stage = instruction.stage
            for name, _, _ in instruction.pairs():
                if stage is None:
                    self.globals.setdefault(name.value, instruction.start)
                else:
                    self.later[stage.index, name.value] = instruction.index

    def reason(self, instruction: Instruction, stage: Stage, name: str, span: Span) -> str:
        base = base_of(stage)
        if base.name == "scratch":
            return "nothing sets it"
        if not (name[:1].isalpha() or name[:1] == "_"):
            return "no image can set it"
        if any(h.span.start <= span.start < h.span.end for h in instruction.heredocs):
            if name != name.upper():
                return f"quote the delimiter (<<'{instruction.heredocs[0].name}') to keep it"
            return ""
        patterns = load("base-variables")["images"] if stage.base_image is None else {}
        for pattern, names in patterns.items():
            if name in names and matches(base, pattern):
                return ""
        own = instruction.cmd == "ENV" and any(w.value == name for w in instruction.words[::3])
        if name in self.globals:
            line = self.globals[name]
            return f"the ARG of line {line} is not seen in a stage: write ARG {name} in it as well"
        if stage.base_image is not None:
            return f"{base.name} does not set it"
        if own or name.upper() == "HOME":
            return ""  # PATH-like lists that extend what the base has
        if self.later.get((stage.index, name), -1) > instruction.index:
            return "it is only set further down"
        for other in instruction.env:
            if _one_slip(name, other):
                return f"did you mean {other}?"
        return ""


def _one_slip(one: str, other: str) -> bool:
    """Whether the names differ in their case or by one character left out, added or changed."""
    if min(len(one), len(other)) < 5 or abs(len(one) - len(other)) > 1:
        return False
    if one.lower() == other.lower():
        return True
    if one[-1:].isdigit() or other[-1:].isdigit():
        return False  # PYTHON2, PYTHON3
    at = 0
    while at < min(len(one), len(other)) and one[at] == other[at]:
        at += 1
    if len(one) == len(other):
        return one[at + 1 :] == other[at + 1 :]
    shorter, longer = sorted((one, other), key=len)
    return shorter[at:] == longer[at + 1 :]
