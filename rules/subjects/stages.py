"""How stages hang together."""

from __future__ import annotations

from dockgate.rules.pattern import glob
from dockgate.rules.pattern import pattern as compiled
from dockgate.rules.subjects.dockerfile import Dockerfile, Reference, Stage

_VARIABLE = compiled(r"\$(?:\w+|\{[^}]*\})")


def roots(dockerfile: Dockerfile) -> dict[int, Reference]:
    """By stage index: the image that the stage is made from in the end, past stages between."""
    found: dict[int, Reference] = {}
    for stage in dockerfile.stages:
        parent = stage.parent
        found[stage.index] = stage.base if parent is None else found[parent.index]
    return found


def selects_stage(dockerfile: Dockerfile, reference: Reference) -> bool:
    """Whether a build argument in the name chooses among this file's stages: `build-${VARIANT}`."""
    pattern = _VARIABLE.sub("*", reference.raw).lower()
    if not pattern.strip("*") or pattern == reference.raw.lower():
        return False
    return any(glob(stage.name, pattern) for stage in dockerfile.stages if stage.name)


def ships(dockerfile: Dockerfile, stage: Stage | None) -> bool:
    """Whether what RUN does in the stage is in the final image, and not only what COPY takes."""
    final = dockerfile.final
    return stage is None or final is None or stage in list(final.chain())


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
