"""The Dockerfile as BuildKit reads it: instructions, stages, references, each with its place.

Plain data. `dockgate.linter.document` fills it; rules read it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from dockgate.rules.settings import DEFAULT_SETTINGS, Settings
from dockgate.rules.subjects.instruction import (
    Comment,
    Directive,
    Flag,
    Heredoc,
    Instruction,
    ParseError,
    Word,
)
from dockgate.rules.subjects.reference import Reference, normalise_reference
from dockgate.rules.subjects.text import Text

if TYPE_CHECKING:
    from dockgate.rules.subjects.base_image import BaseImage
    from dockgate.rules.subjects.installed import Inventory
    from dockgate.rules.subjects.packages import PackageCall
    from dockgate.rules.subjects.shell import Command

__all__ = [
    "Comment",
    "Directive",
    "Dockerfile",
    "Flag",
    "Heredoc",
    "Instruction",
    "ParseError",
    "Reference",
    "Stage",
    "Word",
    "normalise_reference",
]


class Stage:
    """A build stage: a FROM and what follows it."""

    __slots__ = (
        "architecture",
        "base",
        "base_image",
        "default_problem",
        "env",
        "from_",
        "healthcheck",
        "index",
        "instructions",
        "inventory",
        "labels",
        "name",
        "name_word",
        "parent",
        "platform",
        "shell",
        "system",
        "triggers",
        "user",
        "user_instruction",
        "windows",
        "workdir",
    )

    def __init__(self, index: int, from_: Instruction, base: Reference) -> None:
        self.index = index
        self.from_ = from_
        self.base = base
        self.name: str | None = None  #: lower case, as BuildKit compares it
        self.name_word: Word | None = None  #: as written
        self.platform: str | None = None  #: `--platform` after expansion
        self.system: str = ""  #: the operating system of `platform`, "" without a valid one
        self.architecture: str = ""  #: the same for the processor, by Go's name of it
        #: why `base` is no image's name when no build argument is given, "" when it is one
        self.default_problem: str = ""
        self.parent: Stage | None = None  #: the stage that `base` names
        #: the image it rests on in the end, past all stages between, where that is known
        self.base_image: BaseImage | None = None
        self.instructions: list[Instruction] = [from_]  #: FROM included
        self.triggers: list[Instruction] = []  #: what the parent's ONBUILD runs first
        self.env: Mapping[str, str] = {}  #: final ENV, inherited ones and PATH included
        self.labels: Mapping[str, str] = {}
        self.user: str = ""  #: final USER after expansion, inherited; "" when none is set
        self.user_instruction: Instruction | None = None  #: None also where the base image sets it
        self.workdir: str = ""  #: final WORKDIR, absolute, inherited; "" when none is set
        self.shell: tuple[str, ...] | None = None
        #: the one in force, those of ancestors included; the base image's is in `base_image`
        self.healthcheck: Instruction | None = None
        self.windows: bool = False  #: a Windows container, as far as text can tell
        self.inventory: Inventory | None = None  #: cache of `installed.inventory`

    @property
    def label(self) -> str:
        """The stage's name as written, or its index."""
        return self.name_word.value if self.name_word else str(self.index)

    def chain(self) -> Iterator[Stage]:
        """This stage, the stage it is based on, and so on."""
        stage: Stage | None = self
        while stage is not None:
            yield stage
            stage = stage.parent

    def history(self) -> Iterator[Instruction]:
        """All instructions that make its image: its ancestors' first, then its own."""
        for stage in reversed(list(self.chain())):
            yield from stage.instructions

    def find(self, *commands: str) -> Iterator[Instruction]:
        """Its own instructions of these kinds, in order."""
        return (i for i in self.instructions if i.cmd in commands)

    def __repr__(self) -> str:
        return f"<Stage {self.label}>"


class Dockerfile:
    """A whole Dockerfile: the subject of most rules."""

    __slots__ = (
        "_calls",
        "_commands",
        "brought",
        "comments",
        "directives",
        "errors",
        "escape",
        "final",
        "instructions",
        "references",
        "settings",
        "stages",
        "text",
        "unresolved",
    )

    def __init__(self, text: Text) -> None:
        self.text = text
        self.escape = "\\"
        self.directives: list[Directive] = []
        self.comments: list[Comment] = []
        self.instructions: list[Instruction] = []
        self.stages: list[Stage] = []
        self.references: list[Reference] = []
        self.errors: list[ParseError] = []
        self.final: Stage | None = None  #: the stage that is built: the last one, or the target
        self.settings: Settings = DEFAULT_SETTINGS
        #: by index of a COPY or ADD: the paths that it takes from the build context; None where no
        #: context was looked at
        self.brought: Mapping[int, frozenset[str]] | None = None
        self.unresolved: list[str] = []  #: why base images that were asked for are not known
        self._commands: dict[str, list[tuple[Instruction, Command]]] | None = None
        self._calls: dict[str, list[tuple[Instruction, Command, PackageCall]]] | None = None

    @property
    def path(self) -> str:
        """The path as given by the user."""
        return self.text.path

    def find(self, *commands: str) -> Iterator[Instruction]:
        """All instructions of these kinds, in order; ONBUILD's triggers are not among them."""
        return (i for i in self.instructions if i.cmd in commands)

    def with_triggers(self) -> Iterator[Instruction]:
        """All instructions, in order, each ONBUILD followed by its trigger."""
        for instruction in self.instructions:
            yield instruction
            if instruction.sub is not None:
                yield instruction.sub

    def has(self) -> set[str]:
        """What rules may need (`Rule.needs`), but for the texts.

        Kinds of instructions, their flags (`--mount`), commands and what wraps them (`sudo`),
        package managers, and what is true of the whole file, in words.
        """
        self.calls()
        found = set(self._commands or ()).union(self._calls or ())
        for instruction in self.with_triggers():
            found.add(instruction.cmd)
            found.update(f"--{flag.name}" for flag in instruction.flags)
            if instruction.secrets:
                found.add("a secret")
            if instruction.heredocs:
                found.add("a heredoc")
        found.update(run.name for _, command in self.commands() for run in command.wrappers)
        whole = {
            "a comment": bool(self.comments),
            "a directive": bool(self.directives),
            "an error": bool(self.errors),
            "several stages": len(self.stages) > 1,
            "a named stage": any(stage.name is not None for stage in self.stages),
            "a Windows stage": any(stage.windows for stage in self.stages),
            "FROM scratch": any(stage.base.name == "scratch" for stage in self.stages),
        }
        return found.union(fact for fact, true in whole.items() if true)

    def meets(self, needs: Collection[str]) -> bool:
        """Whether one of `needs` is there, or none is asked for: else the rule is silent."""
        if not needs or not self.has().isdisjoint(needs):
            return True
        lowered = self.text.text.lower()
        return any(need[0] == "~" and need[1:] in lowered for need in needs)

    def commands(self, *names: str) -> list[tuple[Instruction, Command]]:
        """The commands called one of `names` that its scripts would run, with their instructions.

        In file order for one name, name by name for several; all commands where none is given.
        The index is made once, so ask only after linter.shell has set the scripts.
        """
        if self._commands is None:
            index: dict[str, list[tuple[Instruction, Command]]] = {"*": []}
            for instruction in self.with_triggers():
                if instruction.script is not None:
                    for command in instruction.script.commands:
                        index["*"].append((instruction, command))
                        index.setdefault(command.name, []).append((instruction, command))
            self._commands = index
        return [pair for name in names or ("*",) for pair in self._commands.get(name, ())]

    def calls(self, *managers: str) -> list[tuple[Instruction, Command, PackageCall]]:
        """The calls of these package managers (`PackageCall.manager`) that RUNs make.

        In file order for one manager, manager by manager for several. Made once, as `commands`.
        """
        if self._calls is None:
            index: dict[str, list[tuple[Instruction, Command, PackageCall]]] = {}
            for instruction, command in self.commands():
                call = command.package_call
                if call is not None and instruction.cmd == "RUN":
                    index.setdefault(call.manager, []).append((instruction, command, call))
            self._calls = index
        return [found for manager in managers for found in self._calls.get(manager, ())]

    def stage_named(self, name: str) -> Stage | None:
        """The last stage with this name (case is ignored, as in BuildKit)."""
        wanted = name.lower()
        for stage in reversed(self.stages):
            if stage.name == wanted:
                return stage
        return None

    def reached(self) -> list[Stage]:
        """The stages that building `final` runs, in file order."""
        if self.final is None:
            return []
        own: dict[int, list[Stage]] = {}
        triggered: dict[int, list[Stage]] = {}
        for reference in self.references:
            instruction = reference.instruction
            if instruction is None or instruction.stage is None or reference.stage is None:
                continue
            wanted = own if instruction.parent is None else triggered
            wanted.setdefault(instruction.stage.index, []).append(reference.stage)
        seen: set[int] = set()
        todo = [self.final]
        while todo:
            stage = todo.pop()
            if stage.index not in seen:
                seen.add(stage.index)
                todo += own.get(stage.index, [])
                if stage.parent is not None:
                    todo += triggered.get(stage.parent.index, [])
        return [stage for stage in self.stages if stage.index in seen]
