"""What an instruction changes for those after it, and its words after expansion.

Which words BuildKit expands, and against what: moby/buildkit `frontend/dockerfile/instructions`
(the Expand methods) and `dockerfile2llb` (the dispatch functions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dockgate.linter.parsing import platforms
from dockgate.linter.parsing.expand import Budget, Expander, ExpansionError
from dockgate.linter.parsing.mounts import fields
from dockgate.linter.parsing.scope import EMPTY, Scope, Variables
from dockgate.linter.parsing.words import quoted
from dockgate.rules.subjects.dockerfile import Flag, Instruction, Word
from dockgate.rules.subjects.text import Span

#: Told of a fault: where, what.
Report = Callable[[Instruction, str, Span], None]

_EXPANDED_WORDS = frozenset({"WORKDIR", "USER", "VOLUME", "STOPSIGNAL", "COPY", "ADD"})
_EXPANDED_FLAGS = frozenset({"chown", "chmod", "checksum"})
#: ARGs that BuildKit reads itself and does not put into the environment.
_NOT_IN_ENV = frozenset({"BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"})


class State:
    """What is in force at one point of a stage."""

    __slots__ = (
        "declared",
        "env",
        "healthcheck",
        "labels",
        "shell",
        "system",
        "user",
        "user_instruction",
        "variables",
        "workdir",
    )

    def __init__(self, system: str, parent: State | None = None) -> None:
        """`system`: the operating system it is built for; a parent's own has precedence."""
        self.system: str = system
        self.user = ""
        self.user_instruction: Instruction | None = None
        self.workdir = ""
        self.shell: tuple[str, ...] | None = None
        self.healthcheck: Instruction | None = None
        if parent is not None:
            self.system = parent.system
            self.user = parent.user
            self.user_instruction = parent.user_instruction
            self.workdir = parent.workdir
            self.shell = parent.shell
            self.healthcheck = parent.healthcheck
        #: ARG and ENV: what expansions see
        self.variables: Variables = Variables(parent.variables.scope() if parent else EMPTY)
        #: ENV only: what the image gets
        self.env: Variables = Variables(parent.env.scope() if parent else EMPTY)
        self.labels: Variables = Variables(parent.labels.scope() if parent else EMPTY)
        #: names of ARGs, those without a value too
        self.declared: Variables = Variables(parent.declared.scope() if parent else EMPTY)


class Evaluator:
    """Runs instructions over a State."""

    def __init__(
        self, escape: str, build_args: Mapping[str, str], budget: Budget, report: Report
    ) -> None:
        self._escape = escape
        self._build_args = build_args
        self.budget = budget
        self._report = report
        self.globals: Scope = EMPTY  #: ARGs before the first FROM, predefined ones too

    def step(self, state: State, instruction: Instruction, *, trigger: bool = False) -> None:
        """Runs one instruction; `trigger`: for a stage based on that of the ONBUILD it is of.

        A trigger changes the state only: what is kept at the instruction is what holds where it
        stands.
        """
        if not trigger:
            instruction.env = state.variables.scope()
            instruction.shell = state.shell
        cmd = instruction.cmd
        values: list[str] | None = None
        if cmd in ("ENV", "LABEL"):
            values = self._pairs(state, instruction, trigger)
        elif cmd == "ARG":
            values = self.argument(
                instruction, state.variables, state.declared, self.globals, trigger=trigger
            )
        elif cmd in _EXPANDED_WORDS:
            values = self._words(state, instruction, trigger)
        elif cmd == "RUN":
            if instruction.flags:
                self._mounts(state, instruction, trigger)
        elif cmd == "EXPOSE":
            values = self._ports(state, instruction, trigger)
        elif cmd == "SHELL":
            if instruction.json and instruction.words:
                state.shell = tuple(word.value for word in instruction.words)
        elif cmd == "HEALTHCHECK":
            state.healthcheck = instruction
        elif cmd == "ONBUILD" and instruction.sub is not None:
            instruction.sub.env = instruction.env
            instruction.sub.shell = instruction.shell
        if values is not None and not trigger:
            instruction.values = values

    def argument(
        self,
        instruction: Instruction,
        variables: Variables,
        declared: Variables,
        inherited: Mapping[str, str],
        *,
        trigger: bool = False,
    ) -> list[str]:
        """ARG: declares its names; gives its values."""
        values = []
        for word in instruction.words:
            name, equals, default = word.value.partition("=")
            value: str | None
            if name in self._build_args:
                value = self._build_args[name]
            elif equals:
                known = declared.scope()
                value = self.expand(
                    instruction, default, variables.scope(), word, len(name) + 1, known, trigger
                )
            else:
                value = inherited.get(name)
            declared.set(name, "")
            if value is not None and name not in _NOT_IN_ENV:
                variables.set(name, value)
            values.append(name if value is None else f"{name}={value}")
        return values

    def expand(
        self,
        instruction: Instruction,
        text: str,
        variables: Mapping[str, str],
        word: Word | Flag,
        offset: int,
        declared: Mapping[str, str],
        trigger: bool = False,
    ) -> str:
        """`text`, which stands at `offset` of `word`, expanded; as written where it cannot be."""
        if "$" not in text and self._escape not in text and "'" not in text and '"' not in text:
            return text
        lex = Expander(variables, self._escape, budget=self.budget)
        try:
            result = lex.word(text)
        except ExpansionError as error:
            span = _place(instruction, word, offset, 0, len(text))
            self._report(instruction, f"failed to process {quoted(text)}: {error}", span)
            result = text
        if not trigger:
            self._note(instruction, lex, word, offset, declared)
        return result

    def _note(
        self,
        instruction: Instruction,
        lex: Expander,
        word: Word | Flag,
        offset: int,
        declared: Mapping[str, str],
    ) -> None:
        for found, noted in (
            (lex.unmatched, instruction.undefined),
            (lex.unneeded, instruction.unneeded),
        ):
            for name, start, end in found:
                if name not in declared:
                    noted.append((name, _place(instruction, word, offset, start, end)))

    def _pairs(self, state: State, instruction: Instruction, trigger: bool) -> list[str]:
        variables, declared = state.variables.scope(), state.declared.scope()
        words = instruction.words
        values = [
            self.expand(instruction, word.value, variables, word, 0, declared, trigger)
            if position % 3 < 2
            else word.value
            for position, word in enumerate(words)
        ]
        is_env = instruction.cmd == "ENV"
        for position in range(0, len(values) - 2, 3):
            name, value = values[position], values[position + 1]
            if is_env:
                state.variables.set(name, value)
                state.env.set(name, value)
            else:
                state.labels.set(name, value)
        return values

    def _words(self, state: State, instruction: Instruction, trigger: bool) -> list[str]:
        variables, declared = state.variables.scope(), state.declared.scope()
        markers = {id(word) for word in _heredoc_words(instruction)}
        values = [
            word.value
            if id(word) in markers
            else self.expand(instruction, word.value, variables, word, 0, declared, trigger)
            for word in instruction.words
        ]
        for flag in instruction.flags:
            if flag.name in _EXPANDED_FLAGS and flag.value:
                self.expand(instruction, flag.value, variables, flag, 0, declared, trigger)
        if instruction.heredocs and not trigger:
            self._heredocs(state, instruction)
        if instruction.cmd == "USER" and values:
            state.user = values[0]
            state.user_instruction = instruction
        elif instruction.cmd == "WORKDIR" and values:
            try:
                state.workdir = platforms.workdir(state.workdir, values[0], state.system)
            except ValueError as error:
                self._report(
                    instruction, f"normalizing workdir: {error}", instruction.words[0].span
                )
        return values

    def _heredocs(self, state: State, instruction: Instruction) -> None:
        """COPY and ADD expand a body whose delimiter is not quoted; its text is not kept."""
        declared = state.declared.scope()
        for heredoc in instruction.heredocs:
            if not heredoc.expand or "$" not in heredoc.content:
                continue
            lex = Expander(state.variables.scope(), quotes=False, budget=self.budget)
            body = heredoc.body
            try:
                lex.word(body.text)
            except ExpansionError as error:
                message = f"failed to process {quoted(heredoc.name)}: {error}"
                self._report(instruction, message, heredoc.marker)
            for name, start, end in lex.unmatched:
                if name not in declared:
                    instruction.undefined.append((name, body.span(start, end)))

    def _mounts(self, state: State, instruction: Instruction, trigger: bool) -> None:
        variables, declared = state.variables.scope(), state.declared.scope()
        for flag in instruction.flags:
            if flag.name == "mount" and flag.value and "$" in flag.value:
                for field in fields(flag.value):
                    if field.value and field.key != "from":
                        self.expand(instruction, field.value, variables, flag, 0, declared, trigger)

    def _ports(self, state: State, instruction: Instruction, trigger: bool) -> list[str]:
        """EXPOSE splits a value again at its spaces; these are kept within one value here."""
        variables, declared = state.variables.scope(), state.declared.scope()
        values = []
        for word in instruction.words:
            value = word.value
            if not value.isalnum():
                lex = Expander(variables, self._escape, budget=self.budget)
                try:
                    value = " ".join(lex.words(value))
                except ExpansionError as error:
                    message = f"failed to process {quoted(value)}: {error}"
                    self._report(instruction, message, word.span)
                if not trigger:
                    self._note(instruction, lex, word, 0, declared)
            values.append(value)
        return values


def _heredoc_words(instruction: Instruction) -> list[Word]:
    """The words of COPY and ADD that stand for a here-document."""
    if not instruction.heredocs:
        return []
    markers = [heredoc.marker for heredoc in instruction.heredocs]
    return [
        word
        for word in instruction.words
        if any(m.start <= word.span.start and word.span.end <= m.end for m in markers)
    ]


def _place(instruction: Instruction, word: Word | Flag, offset: int, start: int, end: int) -> Span:
    """The file's place of part of a word; the whole word where it is not written plainly."""
    if isinstance(word, Flag):
        return word.span
    logical = instruction.logical
    if not logical.text.startswith(word.value, word.offset):
        return word.span
    first = word.offset + offset
    return logical.span(first + start, first + end)
