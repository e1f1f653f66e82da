"""The document model as plain data: what `dockgate parse` prints (spec: Commands, JSON)."""

from __future__ import annotations

import re
from typing import Any

from dockgate.linter.parsing import references
from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.dockerfile import Dockerfile, Heredoc, Instruction, ParseError, Stage

_SURROGATE = pattern("[\ud800-\udfff]")


def dump(dockerfile: Dockerfile) -> dict[str, Any]:
    """`dockerfile` as JSON would have it; bytes that are not UTF-8 become U+FFFD."""
    data: dict[str, Any] = {
        "escape": dockerfile.escape,
        "instructions": [_instruction(i) for i in dockerfile.instructions],
        "stages": [_stage(s) for s in dockerfile.stages],
        "refs": pulled(dockerfile),
        "errors": [_error(dockerfile, e) for e in dockerfile.errors],
    }
    cleaned = _clean(data)
    assert isinstance(cleaned, dict)
    return cleaned


def pulled(dockerfile: Dockerfile) -> list[str]:
    """The images that building the final stage asks a registry for, one entry for each use.

    Written out in full, `:latest` where neither tag nor digest is given.
    """
    reached = dockerfile.reached()
    running = {stage.index for stage in reached}
    children: dict[int, int] = {}
    for stage in reached:
        if stage.parent is not None:
            children[stage.parent.index] = children.get(stage.parent.index, 0) + 1
    names = []
    for reference in dockerfile.references:
        instruction = reference.instruction
        if instruction is None or instruction.stage is None or not reference.is_image:
            continue
        if references.problem(reference.name):
            continue  # an error: nobody is asked for it
        index = instruction.stage.index
        uses = children.get(index, 0) if instruction.parent is not None else index in running
        name = reference.normalised
        if reference.tag is None and reference.digest is None:
            name += ":latest"
        names += [name] * uses
    return names


def _instruction(instruction: Instruction) -> dict[str, Any]:
    """As in BuildKit's syntax tree: words and form of an ONBUILD are those of its trigger."""
    holder = instruction.sub if instruction.sub is not None else instruction
    data: dict[str, Any] = {
        "cmd": instruction.cmd,
        "start": instruction.start,
        "end": instruction.end,
        "flags": [flag.text for flag in instruction.flags],
        "value": [word.value for word in holder.words],
        "original": instruction.original,
        "json": holder.json,
        "heredocs": [_heredoc(heredoc) for heredoc in instruction.heredocs],
    }
    if instruction.sub is not None:
        data["sub"] = instruction.sub.original[: _keyword_length(instruction.sub)]
    return data


def _keyword_length(instruction: Instruction) -> int:
    return len(re.split(r"[\t\v\f\r ]", instruction.original, maxsplit=1)[0])


def _heredoc(heredoc: Heredoc) -> dict[str, Any]:
    return {
        "Name": heredoc.name,
        "FD": heredoc.fd,
        "Expand": heredoc.expand,
        "Chomp": heredoc.chomp,
        "Content": heredoc.content,
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "base": stage.base.name,
        "env": [f"{name}={value}" for name, value in stage.env.items()],
        "labels": dict(stage.labels),
        "user": stage.user,
        "workdir": stage.workdir,
    }


def _error(dockerfile: Dockerfile, error: ParseError) -> dict[str, Any]:
    start = dockerfile.text.position(error.span.start)
    end = dockerfile.text.position(error.span.end)
    return {
        "line": error.line,
        "column": start.column if start.line == error.line else 1,
        "endLine": end.line,
        "endColumn": end.column,
        "message": error.message,
        "fatal": error.fatal,
    }


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value
