"""How stages hang together."""

from __future__ import annotations

from dockgate.rules.subjects.dockerfile import Dockerfile, Reference, Stage


def roots(dockerfile: Dockerfile) -> dict[int, Reference]:
    """By stage index: the image that the stage is made from in the end, past stages between."""
    found: dict[int, Reference] = {}
    for stage in dockerfile.stages:
        parent = stage.parent
        found[stage.index] = stage.base if parent is None else found[parent.index]
    return found


def unused(dockerfile: Dockerfile) -> list[Stage]:
    """The stages that building the final one does not run and that no other stage refers to."""
    if len(dockerfile.stages) < 2:
        return []
    used = {stage.index for stage in dockerfile.reached()}
    for reference in dockerfile.references:
        instruction = reference.instruction
        if reference.stage is None or instruction is None:
            continue
        if instruction.stage is not reference.stage:
            used.add(reference.stage.index)
    return [stage for stage in dockerfile.stages if stage.index not in used]
