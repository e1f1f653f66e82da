"""Images and stages that flags and directives name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from dockgate.linter.parsing.mounts import fields
from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.dockerfile import (
    Directive,
    Flag,
    Instruction,
    Reference,
    Stage,
    normalise_reference,
)
from dockgate.rules.subjects.text import Span

#: An image's name longer than this is refused without a look, in characters.
MAX_NAME = 4096
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
#: The grammar of distribution/reference.
_IMAGE = pattern(
    rf"(?:(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?"
    rf"{_PART}(?:/{_PART})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9+.\-_]*:[0-9a-fA-F]{32,})?"
)

Report = Callable[[Instruction, str, Span], None]


def of(
    instruction: Instruction,
    stage: Stage,
    stages: Sequence[Stage],
    names: Mapping[str, Stage],
    report: Report,
) -> Iterator[Reference]:
    """What the flags of COPY, ADD and RUN name. `names`: the last stage of each name."""
    for flag in instruction.flags:
        if instruction.cmd == "RUN":
            if flag.name == "mount" and flag.value:
                yield from _of_mount(instruction, flag, names)
        elif flag.name == "from" and flag.value:
            yield _of_copy(instruction, flag, flag.value, stage, stages, names, report)


def of_syntax(directive: Directive) -> Reference:
    """The frontend image of `# syntax=`."""
    name = directive.value.partition(" ")[0]
    span = Span(directive.value_span.start, directive.value_span.start + len(name))
    return Reference("syntax", name, name, span)


def problem(name: str) -> str:
    """Why `name` is no image's name, "" when it is one (distribution/reference)."""
    if len(name) <= MAX_NAME:
        if re.fullmatch("[a-f0-9]{64}", name):
            return f"invalid repository name ({name}), cannot specify 64-byte hexadecimal strings"
        if _IMAGE.fullmatch(name):
            return ""
        path = normalise_reference(name).partition("/")[2].partition(":")[0]
        if path.lower() != path:
            return f"invalid reference format: repository name ({path}) must be lowercase"
    return "invalid reference format"


def _of_copy(
    instruction: Instruction,
    flag: Flag,
    raw: str,
    stage: Stage,
    stages: Sequence[Stage],
    names: Mapping[str, Stage],
    report: Report,
) -> Reference:
    span = _value_span(flag, raw, len(flag.text) - len(raw))
    meant = names.get(raw.lower())
    unresolved = "$" in raw
    if unresolved:
        report(
            instruction,
            "variable expansion is not supported for --from, define a new stage with FROM using "
            "ARG from global scope as a workaround",
            span,
        )
    elif raw.isascii() and re.fullmatch(r"[+-]?[0-9]{1,9}", raw):
        index = int(raw)
        if 0 <= index < len(stages):
            meant = stages[index]
        else:
            unresolved = True
            report(instruction, f"invalid stage index {index}", span)
    if meant is not None and meant.index >= stage.index and instruction.parent is None:
        report(
            instruction,
            f'cannot copy from stage "{raw}", it needs to be defined before current stage '
            f'"{stage.name or f"stage-{stage.index}"}"',
            span,
        )
    return Reference(
        "copy",
        raw,
        "" if unresolved else raw,
        span,
        instruction=instruction,
        stage=meant,
        undefined=unresolved,
    )


def _of_mount(
    instruction: Instruction, flag: Flag, names: Mapping[str, Stage]
) -> Iterator[Reference]:
    assert flag.value is not None
    try:
        found = fields(flag.value)
    except ValueError:
        return  # told by the validation
    for field in found:
        if field.key == "from" and field.value:
            unresolved = "$" in field.value
            shift = len(flag.text) - len(flag.value)
            span = _value_span(flag, field.value, shift + field.offset if field.offset >= 0 else -1)
            yield Reference(
                "mount",
                field.value,
                "" if unresolved else field.value,
                span,
                instruction=instruction,
                stage=names.get(field.value.lower()),
                undefined=unresolved,
            )


def _value_span(flag: Flag, value: str, offset: int) -> Span:
    """Where part of a flag stands; the whole flag where quotes or a continuation are in it."""
    start, end = flag.span
    if offset < 0 or end - start != len(flag.text):
        return flag.span
    return Span(start + offset, start + offset + len(value))
