"""Instructions of which only the last one in a stage counts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dockgate.rules.rule import Finding
from dockgate.rules.subjects.dockerfile import Dockerfile


def overridden(dockerfile: Dockerfile, command: str) -> Iterator[Finding]:
    """A finding at each `command` that a later one of the same stage makes void, as BuildKit."""
    for stage in dockerfile.stages:
        found = list(stage.find(command))
        for instruction, later in pairwise(found):
            yield Finding(
                f"this {command} has no effect: line {later.start} overrides it",
                instruction.keyword,
                stage=stage,
                help=f"keep the {command} that is meant and remove the other",
            )
