"""The commands of an image's history, as far as they can be told without a shell."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.image import Image

#: Characters of one step, and steps, that are read.
MAX_STEP = 20_000
MAX_STEPS = 1_000

_SHELL = pattern(r"(?:RUN\s+)?(?:\|\d+\s.*?)?(?:/usr)?/bin/(?:ba|da|a)?sh\s+(?:-\S+\s+)*-\S*c\s+")
_ENDS = pattern(r"&&|\|\||;|\n|(?<!\|)\|(?!\|)")


def steps(image: Image) -> Iterator[tuple[int, str]]:
    """The number of each step, from 1 on, with its text without what builders add."""
    for number, step in enumerate(image.config.history[:MAX_STEPS], 1):
        text = step.created_by[:MAX_STEP].strip().removesuffix("# buildkit").strip()
        yield number, text.replace("/bin/sh -c #(nop) ", "").strip()


def commands(step: str) -> list[list[str]]:
    """The words of each command of a RUN step; empty for other steps."""
    match = _SHELL.match(step)
    if match is None or step.startswith(("COPY ", "ADD ")):
        return []
    parts = _ENDS.split(step[match.end() :])
    return [words for words in (part.split() for part in parts) if words]


def options_left_out(words: list[str]) -> list[str]:
    """The words without those that begin with a dash, assignments and `sudo`."""
    kept = [word for word in words if not word.startswith("-")]
    while kept and (kept[0] == "sudo" or "=" in kept[0]):
        kept.pop(0)
    return kept
