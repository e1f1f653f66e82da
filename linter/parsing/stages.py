"""Stages: what they are based on, what is in force where, what they pull.

Follows moby/buildkit `frontend/dockerfile/dockerfile2llb`. What a real base sets, text cannot tell:
one that is not among the bases given is taken for one that sets nothing but PATH.
"""

from __future__ import annotations

from collections.abc import Mapping

from dockgate.linter.errors import UnfinishedError
from dockgate.linter.parsing import platforms, references
from dockgate.linter.parsing.evaluate import Evaluator, State
from dockgate.linter.parsing.expand import Budget, Expander, ExpansionError
from dockgate.linter.parsing.platforms import Platform
from dockgate.linter.parsing.scope import Variables
from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.base_image import BaseImage, Bases, key
from dockgate.rules.subjects.dockerfile import (
    Dockerfile,
    Instruction,
    ParseError,
    Reference,
    Stage,
    Word,
)
from dockgate.rules.subjects.text import Span

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#: How many times a file's ONBUILD triggers may run, all in all.
MAX_TRIGGERS = 100_000
#: Names that only Windows images bear, by which a file is known for what it is where no platform
#: is given. (`mcr.microsoft.com/windows/…` alone does not decide it: BuildKit on Linux reads it.)
_WINDOWS_FILE = ("windowsservercore", "nanoserver")
_WINDOWS_BASE = pattern(r"mcr\.microsoft\.com/windows|nanoserver|servercore|windows-server")
_WINDOWS_SHELL = pattern(r"(?:^|[\\/])(?:powershell|cmd)(?:\.exe)?$")
STAGE_NAME = pattern(r"[a-z][a-z0-9-_.]*")


def resolve(
    dockerfile: Dockerfile,
    build_args: Mapping[str, str],
    target: str | None,
    platform: str | None,
    bases: Bases | None = None,
) -> None:
    """Fill in stages, references, values and what is in force at each instruction.

    `bases`: what base images set; only those of stages that are built are looked up.
    """
    if dockerfile.instructions:
        _Resolver(dockerfile, build_args, platform, bases).run(target)


class _Resolver:
    def __init__(
        self,
        dockerfile: Dockerfile,
        build_args: Mapping[str, str],
        platform: str | None,
        bases: Bases | None,
    ) -> None:
        self.dockerfile = dockerfile
        self.bases = bases
        self.build_args = build_args
        self.evaluator = Evaluator(dockerfile.escape, build_args, Budget(), self._fault)
        self.by_default = Evaluator(dockerfile.escape, {}, self.evaluator.budget, _unheard)
        self.target_platform = self._platform(platform)
        self.globals = Variables()
        self.declared = Variables()
        #: the globals as they are when no build argument is given
        self.defaults = Variables() if build_args else self.globals
        self.defaults_failed = False
        #: stages by name, the latest of each so far
        self.names: dict[str, Stage] = {}
        self.states: list[State] = []
        #: what stages on a base image that is known start from, by their index
        self.starts: dict[int, State] = {}
        #: triggers by the index of the stage that they stand in
        self.triggers: dict[int, list[Instruction]] = {}
        self.triggers_left = MAX_TRIGGERS
        #: errors that matter only if their stage is built
        self.faults: list[tuple[Stage, ParseError]] = []

    def run(self, target: str | None) -> None:
        dockerfile = self.dockerfile
        self._predefine(target)
        stage: Stage | None = None
        for instruction in dockerfile.instructions:
            if instruction.cmd == "FROM":
                stage = self._from(instruction)
            elif stage is None:
                self._before_stages(instruction)
            else:
                instruction.stage = stage
                stage.instructions.append(instruction)
                if instruction.sub is not None:
                    instruction.sub.stage = stage
        if stage is None:
            last = dockerfile.instructions[-1]
            dockerfile.errors.append(
                ParseError("dockerfile contains no stages to build", last.start, last.keyword)
            )
            return
        self._refer()
        self._choose(target)
        if self.bases is not None:
            self._ask(self.bases)
        for stage in dockerfile.stages:
            self._evaluate(stage)
        self._report()

    def _platform(self, name: str | None) -> Platform:
        if name:
            try:
                return platforms.parse(name)
            except ValueError as error:
                message = f"failed to parse platform {name}: {error}"
                self.dockerfile.errors.append(ParseError(message, 1, Span(0, 0)))
        else:
            text = self.dockerfile.text.text.lower()
            if any(word in text for word in _WINDOWS_FILE):
                return Platform("windows", platforms.host().architecture)
        return platforms.host()

    def _predefine(self, target: str | None) -> None:
        """BuildKit's global ARGs: the platforms built on and for, and the target."""
        if target is None:
            froms = [i for i in self.dockerfile.instructions if i.cmd == "FROM"]
            target = (froms and _stage_name(froms[-1])) or ""
        for prefix, platform in (("BUILD", platforms.host()), ("TARGET", self.target_platform)):
            for name, value in (
                ("PLATFORM", platform.name),
                ("OS", platform.os),
                ("OSVERSION", ""),
                ("ARCH", platform.architecture),
                ("VARIANT", platform.variant),
            ):
                self._predefined(prefix + name, value)
        self._predefined("TARGETSTAGE", target or "default")

    def _predefined(self, name: str, value: str) -> None:
        self.globals.set(name, self.build_args.get(name, value))
        if self.defaults is not self.globals:
            self.defaults.set(name, self.build_args.get(name, value))
        self.declared.set(name, "")

    def _before_stages(self, instruction: Instruction) -> None:
        instruction.env = self.globals.scope()
        if instruction.cmd == "ARG":
            faults = len(self.dockerfile.errors)
            instruction.values = self.evaluator.argument(
                instruction, self.globals, self.declared, {}
            )
            if self.defaults is not self.globals:
                self.by_default.argument(instruction, self.defaults, Variables(), {}, trigger=True)
            self.defaults_failed |= len(self.dockerfile.errors) > faults

    def _from(self, instruction: Instruction) -> Stage:
        dockerfile, variables = self.dockerfile, self.globals.scope()
        known = self.declared.scope()
        instruction.env = self.evaluator.globals = variables
        words = instruction.words
        word = words[0] if words else Word("", Span(instruction.span.end, instruction.span.end))
        name = self.evaluator.expand(instruction, word.value, variables, word, 0, known)
        instruction.values = [name] + [w.value for w in words[1:]] if words else []
        base = Reference(
            "from",
            word.value,
            name,
            word.span,
            instruction=instruction,
            undefined="$" in word.value and _incomplete(word, variables, dockerfile.escape),
        )
        stage = Stage(len(dockerfile.stages), instruction, base)
        instruction.stage = stage
        if not name and words:
            self._fault(instruction, f"base name ({word.value}) should not be blank", word.span)
        stage.platform = self._stage_platform(stage, variables, known)
        if words and not self.defaults_failed:
            stage.default_problem = self._default_problem(word)
        stage.parent = base.stage = self.names.get(name.lower())
        stage.name = _stage_name(instruction)
        if stage.name is not None:
            stage.name_word = words[2]
            self.names[stage.name] = stage
        dockerfile.stages.append(stage)
        dockerfile.references.append(base)
        return stage

    def _default_problem(self, word: Word) -> str:
        """What is wrong with the base's name by default; at the first fault BuildKit gives up."""
        try:
            name = Expander(self.defaults.scope(), self.dockerfile.escape).word(word.value)
        except ExpansionError:
            self.defaults_failed = True
            return ""
        return references.problem(name)

    def _stage_platform(
        self,
        stage: Stage,
        variables: Mapping[str, str],
        known: Mapping[str, str],
    ) -> str | None:
        instruction = stage.from_
        flag = instruction.flag("platform")
        if flag is None or not flag.value:
            return None
        value = self.evaluator.expand(instruction, flag.value, variables, flag, 0, known)
        if not value:
            message = f"empty platform value from expression {flag.value}"
            self._fault(instruction, message, flag.span)
            return None
        try:
            stage.system, stage.architecture = platforms.parse(value)[:2]
        except ValueError as error:
            message = f"failed to parse platform {flag.value}: {error}"
            self._fault(instruction, message, flag.span)
        return value

    def _evaluate(self, stage: Stage) -> None:
        parent = stage.parent
        start = self.states[parent.index] if parent else self.starts.get(stage.index)
        state = State(self._system(stage), start)
        self.states.append(state)
        if start is None:
            if state.system != "windows":
                state.variables.set("PATH", DEFAULT_PATH)
                state.env.set("PATH", DEFAULT_PATH)
            if stage.base.name == "scratch":
                state.workdir = "\\" if state.system == "windows" else "/"
        elif parent is not None:
            stage.base_image = parent.base_image
            stage.triggers = self._triggers(parent)
            for trigger in stage.triggers:
                self.evaluator.step(state, trigger, trigger=True)
        for instruction in stage.instructions[1:]:
            self.evaluator.step(state, instruction)
        stage.env = state.env.scope()
        stage.labels = state.labels.scope()
        stage.user = state.user
        stage.user_instruction = state.user_instruction
        stage.workdir = state.workdir
        stage.shell = state.shell
        stage.healthcheck = state.healthcheck
        stage.windows = (
            state.system == "windows"
            or (parent.windows if parent else _looks_windows(stage))
            or bool(state.shell and _WINDOWS_SHELL.search(state.shell[0].lower()))
        )

    def _ask(self, bases: Bases) -> None:
        """Look up the images that the stages to be built are based on, each once."""
        known: dict[str, tuple[State, BaseImage] | None] = {}
        for stage in self.dockerfile.reached():
            platform = self._wanted(stage)
            if not stage.base.is_image or references.problem(stage.base.name) or not platform:
                continue
            name = key(stage.base.normalised, platform)
            if name not in known:
                known[name] = self._start(bases, name)
            found = known[name]
            if found is not None:
                self.starts[stage.index], stage.base_image = found

    def _start(self, bases: Bases, name: str) -> tuple[State, BaseImage] | None:
        """What stages on this image start from, None where it is not known."""
        try:
            image = bases.get(name)
        except UnfinishedError as error:
            self.dockerfile.unresolved.append(str(error))
            return None
        if image is None:
            return None
        from dockgate.linter.parsing.inherit import start

        evaluator = Evaluator("\\", self.build_args, self.evaluator.budget, _unheard)
        evaluator.globals = self.evaluator.globals
        return start(image, evaluator, DEFAULT_PATH)

    def _wanted(self, stage: Stage) -> str:
        """The platform that the stage's base is pulled for, "" where BuildKit refuses it."""
        if not stage.platform:
            return self.target_platform.name
        try:
            return platforms.parse(stage.platform).name
        except ValueError:
            return ""

    def _triggers(self, parent: Stage) -> list[Instruction]:
        """What a child of `parent` runs first; one list for all its children."""
        if parent.index not in self.triggers:
            found = [i.sub for i in parent.find("ONBUILD") if i.sub is not None]
            self.triggers[parent.index] = found
        found = self.triggers[parent.index]
        if len(found) > self.triggers_left:
            if self.triggers_left:
                self.triggers_left = 0
                message = f"more than {MAX_TRIGGERS} ONBUILD triggers to run"
                self.dockerfile.errors.append(
                    ParseError(message, parent.from_.start, parent.from_.span)
                )
            return []
        self.triggers_left -= len(found)
        return found

    def _system(self, stage: Stage) -> str:
        if stage.platform and stage.base.name != "scratch":
            try:
                return platforms.parse(stage.platform).os
            except ValueError:
                pass
        return self.target_platform.os

    def _refer(self) -> None:
        """COPY --from and mounts: names mean the last stage so called, wherever it stands."""
        found = self.dockerfile.references
        for stage in self.dockerfile.stages:
            for instruction in stage.instructions:
                holder = instruction.sub if instruction.sub is not None else instruction
                if holder.flags and holder.cmd in ("COPY", "ADD", "RUN"):
                    found += references.of(
                        holder, stage, self.dockerfile.stages, self.names, self._fault
                    )
        for directive in self.dockerfile.directives:
            if directive.name == "syntax":
                found.append(references.of_syntax(directive))
        found.sort(key=lambda reference: reference.span)

    def _choose(self, target: str | None) -> None:
        dockerfile = self.dockerfile
        if target is None:
            dockerfile.final = dockerfile.stages[-1]
            return
        dockerfile.final = self.names.get(target.lower())
        if dockerfile.final is None:
            last = dockerfile.stages[-1].from_
            message = f'target stage "{target}" could not be found'
            dockerfile.errors.append(ParseError(message, last.start, last.span))

    def _fault(self, instruction: Instruction, message: str, span: Span) -> None:
        error = ParseError(message, instruction.start, span)
        if instruction.stage is None or instruction.cmd == "FROM":
            self.dockerfile.errors.append(error)  # BuildKit expands every FROM, used or not
        else:
            self.faults.append((instruction.stage, error))

    def _report(self) -> None:
        """Errors of stages that are built, and names of images that are none."""
        reached = {stage.index for stage in self.dockerfile.reached()}
        errors = self.dockerfile.errors
        errors += [error for stage, error in self.faults if stage.index in reached]
        for reference in self.dockerfile.references:
            instruction = reference.instruction
            if instruction is None or instruction.stage is None or not reference.is_image:
                continue
            if instruction.stage.index in reached:
                problem = references.problem(reference.name)
                if problem:
                    message = f'failed to parse stage name "{reference.name}": {problem}'
                    errors.append(ParseError(message, instruction.start, reference.span))


def _unheard(_instruction: Instruction, _message: str, _span: Span) -> None:
    """Faults of the defaults, where the values given are what counts."""


def _looks_windows(stage: Stage) -> bool:
    """Whether the base is one for Windows by its name, where nothing better is known."""
    return stage.base_image is None and bool(_WINDOWS_BASE.search(stage.base.name.lower()))


def _incomplete(word: Word, variables: Mapping[str, str], escape: str) -> bool:
    """Whether a variable without a value took part, a declared ARG or not."""
    lex = Expander(variables, escape)
    try:
        lex.word(word.value)
    except ExpansionError:
        return True
    return bool(lex.unmatched)


def _stage_name(instruction: Instruction) -> str | None:
    words = instruction.words
    if len(words) == 3 and words[1].value.lower() == "as":
        name = words[2].value.lower()
        if STAGE_NAME.fullmatch(name):
            return name
    return None
