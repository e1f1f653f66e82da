"""apt-get and its relations: what each option means, and what earlier steps configured."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.packages import PackageCall
from dockgate.rules.subjects.shell import Command

#: Short options of apt-get that take a value, which may stand right behind: `-tsid`.
WITH_VALUE = "otcaP"


def calls(dockerfile: Dockerfile) -> Iterator[tuple[Instruction, Command, PackageCall]]:
    """Every call of apt-get or apt with a verb, in POSIX scripts."""
    for instruction, command in dockerfile.commands("apt-get", "apt"):
        call = command.package_call
        if call is not None and call.manager == "apt":
            yield instruction, command, call


def short_flags(call: PackageCall) -> str:
    """The letters of its short options without their values: `-yqq -o x=y` gives "yqqo"."""
    letters = ""
    for word in call.options:
        value = word.value
        if value.startswith("-") and not value.startswith("--"):
            for letter in value[1:]:
                letters += letter
                if letter in WITH_VALUE:
                    break
    return letters


class Decided:
    """Whether an apt setting is named in an earlier step or in the step itself.

    A step that names it decided about it; what it decided is the author's.
    """

    __slots__ = ("_first", "_inherited")

    def __init__(self, dockerfile: Dockerfile, setting: str) -> None:
        """`setting` in lower case."""
        self._first: dict[int, int] = {}  # stage -> its first instruction that names the setting
        self._inherited: set[int] = set()  # stages with an ancestor that does
        for stage in dockerfile.stages:
            parent = stage.parent.index if stage.parent is not None else -1
            if parent in self._first or parent in self._inherited:
                self._inherited.add(stage.index)
            for instruction in stage.instructions:
                if instruction.cmd in ("RUN", "COPY", "ADD", "ENV", "ARG"):
                    bodies = [instruction.original, *(h.content for h in instruction.heredocs)]
                    if any(setting in body.lower() for body in bodies):
                        self._first[stage.index] = instruction.index
                        break

    def before(self, instruction: Instruction) -> bool:
        """Whether it is decided when `instruction` runs."""
        stage = instruction.stage
        if stage is None:
            return False
        at = self._first.get(stage.index)
        return stage.index in self._inherited or (at is not None and at <= instruction.index)


def shipping(dockerfile: Dockerfile) -> set[int]:
    """The stages (by index) whose layers are in an image that is built, not only copied from.

    That is the final stage and, where no target was chosen, every stage that nothing refers to:
    it is of use only as a target of its own. Their ancestors are in.
    """
    final = dockerfile.final
    if final is None:
        return set()
    leaves = [final]
    if final is dockerfile.stages[-1]:
        used = {r.stage.index for r in dockerfile.references if r.stage is not None}
        leaves += [stage for stage in dockerfile.stages if stage.index not in used]
    found: set[int] = set()
    for leaf in leaves:
        for stage in leaf.chain():
            if stage.index in found:
                break
            found.add(stage.index)
    return found
