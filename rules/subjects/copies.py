"""Where COPY and ADD put things, and which later words of a RUN mean them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import basename, join, normpath

from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Word

#: Characters of a path that count; longer ones are no paths (PATH_MAX of Linux).
MAX_PATH = 4096

#: Copies of one file name in a stage that are looked at, from the last.
MAX_SAME_NAME = 20


class Copy(NamedTuple):
    """One source of a COPY or ADD and the path that it has in the image as far as text tells."""

    instruction: Instruction
    source: Word
    path: str  #: absolute, normalised; relative to an unknown folder where no WORKDIR is set


def workdirs(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, str]]:
    """Every stage's instructions, each with the WORKDIR in force there.

    "" or relative where only the base image knows; what parent stages set is followed.
    """
    last: dict[int, str] = {}
    for stage in dockerfile.stages:
        folder = last.get(stage.parent.index, "") if stage.parent is not None else ""
        for instruction in stage.instructions:
            yield instruction, folder
            if instruction.cmd == "WORKDIR" and instruction.values:
                folder = join(folder, instruction.values[0])[-MAX_PATH:]
        last[stage.index] = folder


def copies(dockerfile: Dockerfile) -> Iterator[Copy]:
    """Every source of every COPY and ADD whose place is known; folders have their target's."""
    for instruction, folder in workdirs(dockerfile):
        if instruction.cmd not in ("COPY", "ADD") or len(instruction.values) < 2:
            continue
        target = join(folder, instruction.values[-1])
        inside = len(instruction.values) > 2 or _is_folder(instruction.values[-1])
        for word, value in zip(instruction.words[:-1], instruction.values, strict=False):
            if "$" in value or "$" in target or "*" in value or value.startswith("<<"):
                continue
            path = join(target, basename(value.rstrip("/"))) if inside else target
            yield Copy(instruction, word, normpath(path))


class Copied:
    """What has been copied, found again by the words of later scripts."""

    def __init__(self, copied: Iterable[Copy]) -> None:
        self._by_name: dict[tuple[int, str], list[Copy]] = {}
        for copy in copied:
            stage = copy.instruction.stage
            if stage is not None:
                self._by_name.setdefault((stage.index, basename(copy.path)), []).append(copy)

    def before(self, instruction: Instruction, path: str) -> Copy | None:
        """The last copy, in an earlier step of the stage, that `path` in the script means.

        A relative path means it when it may stand there: a `cd` is not followed.
        """
        stage = instruction.stage
        if stage is None or not path or "$" in path:
            return None
        known = self._by_name.get((stage.index, basename(normpath(path))), [])
        for copy in reversed(known[-MAX_SAME_NAME:]):
            if copy.instruction.index < instruction.index and _means(copy, normpath(path)):
                return copy
        return None


def _means(copy: Copy, path: str) -> bool:
    if path.startswith("/"):
        return path == copy.path
    return ("/" + copy.path).endswith("/" + path.lstrip("./"))


def _is_folder(target: str) -> bool:
    return target.endswith("/") or basename(target) in (".", "..", "")
