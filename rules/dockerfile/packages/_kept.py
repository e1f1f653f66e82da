"""Caches of package managers that stay in a layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dockgate.rules.dockerfile.packages._edits import at_end
from dockgate.rules.rule import Finding
from dockgate.rules.subjects.caches import Cache, kept
from dockgate.rules.subjects.dockerfile import Dockerfile

FILLS = ("install", "upgrade", "dist-upgrade", "update", "reinstall", "group-install", "swap")


def left_behind(
    dockerfile: Dockerfile, cache: Cache, clean: str, *managers: str, verbs: Sequence[str] = FILLS
) -> Iterator[Finding]:
    """A finding at each RUN that fills the cache and does not end with `clean`; `{}` is its name.

    `managers`: whose calls, when not all of those that share the cache. A step that
    cleans later is named: it hides the files, and the layer keeps its weight.
    """
    for found in kept(dockerfile, cache, verbs, managers):
        name = found.command.name
        command = clean.format(name)
        folder = cache.folders[0]
        advice = f"end the same RUN with {command}, or mount {folder} with --mount=type=cache"
        if found.later is not None:
            advice = f"line {found.later.start} cleans too late: move it to the end of this RUN"
        yield Finding(
            f"{name} {found.call.verb_word.value} leaves its cache in this layer"
            if found.call.verb_word is not found.command.name_word
            else f"{name} leaves its cache in this layer",
            found.call.verb_word.span,
            stage=found.instruction.stage,
            help=advice,
            fixes=at_end(found.instruction, command, "clean in the same RUN"),
        )
