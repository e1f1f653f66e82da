"""A stage's first WORKDIR: the one that what comes after rests on."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Stage

#: How an absolute path begins in a Windows container.
WINDOWS = pattern(r"[A-Za-z]:[\\/]|[\\/]")
_UNKNOWN = pattern(r"\s*[\"']?\$")


def relative(dockerfile: Dockerfile) -> Iterator[tuple[Stage, Instruction, bool]]:
    """The first WORKDIR of each stage, ancestors included, where its path is not absolute.

    True with it: the path begins with a variable that only the base image can set.
    """
    known: set[int] = set()  # stages that have a WORKDIR of their own or from an ancestor
    for stage in dockerfile.stages:
        instruction = next(stage.find("WORKDIR"), None)
        inherited = stage.parent is not None and stage.parent.index in known
        if inherited or instruction is not None:
            known.add(stage.index)
        if inherited or instruction is None or not instruction.words:
            continue
        path = instruction.values[0]
        absolute = WINDOWS.match(path) if stage.windows else path.startswith("/")
        if not absolute:
            variable = bool(_UNKNOWN.match(instruction.words[0].value))
            unknown = variable and stage.base_image is None and (not path or "$" in path)
            yield stage, instruction, unknown
