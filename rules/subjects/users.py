"""Whom a container runs as, as far as a Dockerfile tells."""

from __future__ import annotations

from collections.abc import Iterable

from dockgate.rules.data import load
from dockgate.rules.subjects.dockerfile import Dockerfile, Reference, Stage
from dockgate.rules.subjects.images import matches_any


def is_root(user: str, *, windows: bool = False) -> bool:
    """Whether USER's (expanded) value is the superuser: `root`, uid 0 in any spelling, or empty.

    The engine takes what stands before the colon; a number is read as Go's Atoi does, so that
    `00` and `+0` are root too, and an empty user is uid 0.
    """
    name = user.strip().partition(":")[0]
    if windows:
        return name.rpartition("\\")[2].lower() == "containeradministrator"
    digits = name[1:] if name[:1] in ("+", "-") else name
    return name in ("", "root") or (digits.isdecimal() and digits.isascii() and int(digits) == 0)


def users_before(dockerfile: Dockerfile) -> dict[int, str | None]:
    """Who runs each instruction, by its index; None where only the base image knows."""
    found: dict[int, str | None] = {}
    last: dict[int, str | None] = {}
    for stage in dockerfile.stages:
        user = stage.base_image.user if stage.base_image is not None else None
        if stage.parent is not None:
            user = last.get(stage.parent.index)
        for instruction in stage.instructions:
            found[instruction.index] = user
            if instruction.cmd == "USER" and instruction.values:
                user = instruction.values[0]
        last[stage.index] = user
    return found


def base_of(stage: Stage) -> Reference:
    """The image that the stage is made from in the end, past all stages between."""
    return list(stage.chain())[-1].base


def has_own_user(reference: Reference, further: Iterable[str] = ()) -> bool:
    """Whether the image is known to run as somebody else than root.

    `further` are the patterns of `Settings.nonroot_bases`.
    """
    return matches_any(reference, [*further, *load("nonroot-bases")["images"]])
