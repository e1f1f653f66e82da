"""The Dockerfile as BuildKit reads it: instructions, stages, references, each with its place.

Plain data. `dockgate.linter.document` fills it; rules read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dockgate.rules.settings import DEFAULT_SETTINGS, Settings
from dockgate.rules.subjects.text import MappedText, Span, Text

if TYPE_CHECKING:
    from dockgate.rules.subjects.installed import Inventory
    from dockgate.rules.subjects.secret import Secret
    from dockgate.rules.subjects.shell import Command, Script


class Word:
    """One word of an instruction, as in BuildKit's syntax tree (quotes and `$` untouched).

    In exec form it is the string without its quotes and escapes; the span is what stands within
    the quotes.
    """

    __slots__ = ("offset", "span", "value")

    def __init__(self, value: str, span: Span, offset: int = 0) -> None:
        self.value = value
        self.span = span
        self.offset = offset  #: where it starts in the instruction's `logical.text`

    def __repr__(self) -> str:
        return f"Word({self.value!r}, {tuple(self.span)})"


class Flag:
    """`--name=value` before an instruction's words; `value` is None for a bare `--name`."""

    __slots__ = ("name", "span", "text", "value")

    def __init__(self, text: str, span: Span) -> None:
        self.text = text
        self.span = span
        name, equals, value = text.removeprefix("--").partition("=")
        self.name = name
        self.value = value if equals else None


class Heredoc:
    """A here-document of RUN, COPY or ADD."""

    __slots__ = ("body", "chomp", "content", "expand", "fd", "marker", "name", "span")

    def __init__(
        self,
        name: str,
        content: str,
        *,
        fd: int,
        expand: bool,
        chomp: bool,
        marker: Span,
        span: Span,
        body: MappedText,
    ) -> None:
        self.name = name  #: the delimiter, unquoted
        self.content = content  #: the body as BuildKit gives it
        self.fd = fd
        self.expand = expand  #: False when the delimiter was quoted
        self.chomp = chomp  #: True for `<<-`
        self.marker = marker  #: where `<<NAME` stands
        self.span = span  #: the body's lines in the file, the closing delimiter not included
        self.body = body  #: the body as the shell sees it (tabs of `<<-` removed), with places


class Directive:
    """A parser directive (`# syntax=`, `# escape=`, `# check=`); `name` in lower case."""

    __slots__ = ("line", "name", "span", "value", "value_span")

    def __init__(self, name: str, value: str, line: int, span: Span, value_span: Span) -> None:
        self.name = name
        self.value = value
        self.line = line
        self.span = span
        self.value_span = value_span


class Comment:
    """A comment line, also one between continued lines; `text` without `#`, stripped."""

    __slots__ = ("line", "span", "text")

    def __init__(self, text: str, line: int, span: Span) -> None:
        self.text = text
        self.line = line
        self.span = span


class ParseError:
    """What BuildKit would refuse, with its place. `fatal`: its parser stops there."""

    __slots__ = ("fatal", "line", "message", "span")

    def __init__(self, message: str, line: int, span: Span, *, fatal: bool = False) -> None:
        self.message = message
        self.line = line
        self.span = span
        self.fatal = fatal


class Instruction:
    """One instruction.

    `words` are BuildKit's (`ENV`, `LABEL`: name, value, separator in turn; `RUN` in shell form:
    the whole command as one word). `values` are the same after expansion with the ARG and ENV in
    force there, where BuildKit expands that instruction's words, and the words themselves where
    it does not.
    """

    __slots__ = (
        "body_start",
        "cmd",
        "end",
        "env",
        "flags",
        "heredocs",
        "index",
        "json",
        "keyword",
        "logical",
        "parent",
        "script",
        "secrets",
        "shell",
        "span",
        "stage",
        "start",
        "sub",
        "undefined",
        "values",
        "words",
    )

    def __init__(
        self,
        cmd: str,
        *,
        index: int,
        start: int,
        end: int,
        span: Span,
        keyword: Span,
        flags: list[Flag],
        words: list[Word],
        logical: MappedText,
        body_start: int,
        json: bool = False,
        heredocs: list[Heredoc] | None = None,
        sub: Instruction | None = None,
    ) -> None:
        self.cmd = cmd  #: upper case
        self.index = index  #: position in `Dockerfile.instructions`
        self.start = start  #: first line, from 1
        self.end = end  #: last line, heredoc bodies included
        self.span = span
        self.keyword = keyword  #: span of the keyword, as written
        self.flags = flags
        self.words = words
        self.logical = logical  #: BuildKit's `original`: the joined line, with places
        self.body_start = body_start  #: offset in `logical.text` after keyword and flags
        self.json = json  #: exec form
        self.heredocs = heredocs if heredocs is not None else []
        self.sub = sub  #: the trigger of ONBUILD
        self.parent: Instruction | None = None  #: the ONBUILD whose trigger this is
        self.stage: Stage | None = None  #: None before the first FROM
        self.values: list[str] = [word.value for word in words]
        self.undefined: list[tuple[str, Span]] = []  #: variables used but never defined
        self.env: Mapping[str, str] = {}  #: ARG and ENV in force *before* this instruction
        self.shell: tuple[str, ...] | None = None  #: SHELL in force; None: the platform's default
        self.script: Script | None = None  #: what a shell would run; set by linter.shell
        self.secrets: list[Secret] = []  #: set by linter.secrets

    @property
    def original(self) -> str:
        """The joined line as BuildKit calls it `original`."""
        return self.logical.text

    @property
    def body(self) -> MappedText:
        """What follows keyword and flags, joined, with places."""
        return self.logical.part(self.body_start)

    def flag(self, name: str) -> Flag | None:
        """The last flag called `name` (without dashes)."""
        for flag in reversed(self.flags):
            if flag.name == name:
                return flag
        return None

    @property
    def mounts(self) -> list[dict[str, str]]:
        """RUN's `--mount` flags as mappings; keys in lower case, `type` always present."""
        found = []
        for flag in self.flags:
            if flag.name == "mount" and flag.value:
                mount = {"type": "bind"}
                for part in flag.value.split(","):
                    key, _, value = part.partition("=")
                    mount[key.strip().lower()] = value.strip().strip("\"'")
                found.append(mount)
        return found

    def pairs(self) -> list[tuple[Word, Word | None, str]]:
        """ENV, LABEL and ARG as (name, value or None, expanded value), in their order."""
        if self.cmd == "ARG":
            return [_argument(self, i) for i in range(len(self.words))]
        return [
            (self.words[i], self.words[i + 1], self.values[i + 1])
            for i in range(0, len(self.words) - 2, 3)
        ]

    def __repr__(self) -> str:
        return f"<{self.cmd} {self.start}-{self.end}>"


def _argument(instruction: Instruction, index: int) -> tuple[Word, Word | None, str]:
    word, value = instruction.words[index], instruction.values[index]
    name, equals, default = word.value.partition("=")
    start = word.span.start
    name_word = Word(name, Span(start, start + len(name)))
    if not equals:
        return name_word, None, ""
    value_word = Word(default, Span(start + len(name) + 1, word.span.end))
    return name_word, value_word, value.partition("=")[2]


class Reference:
    """An image or stage that an instruction names: FROM, COPY/ADD --from, --mount from, syntax."""

    __slots__ = ("instruction", "kind", "name", "raw", "span", "stage", "undefined")

    def __init__(
        self,
        kind: str,
        raw: str,
        name: str,
        span: Span,
        *,
        instruction: Instruction | None = None,
        stage: Stage | None = None,
        undefined: bool = False,
    ) -> None:
        self.kind = kind  #: "from", "copy", "mount" or "syntax"
        self.raw = raw  #: as written
        self.name = name  #: after expansion, as written otherwise (not normalised)
        self.span = span  #: where `raw` stands
        self.instruction = instruction
        #: the stage that is meant, None for an image; COPY may mean a later one, an error
        self.stage = stage
        self.undefined = undefined  #: an ARG without a value took part

    @property
    def is_image(self) -> bool:
        """Whether a registry is asked for it: neither a stage, nor `scratch`, nor unresolved."""
        return self.stage is None and self.name != "scratch" and bool(self.name)

    @property
    def normalised(self) -> str:
        """`registry/path[:tag][@digest]`, Docker Hub's defaults filled in, no tag invented."""
        return normalise_reference(self.name)

    @property
    def registry(self) -> str:
        """The registry's host, `docker.io` where none is written."""
        return self.normalised.partition("/")[0]

    @property
    def repository(self) -> str:
        """The path within the registry, without tag and digest."""
        path = self.normalised.partition("/")[2].partition("@")[0]
        head, slash, last = path.rpartition("/")
        return head + slash + last.partition(":")[0]

    @property
    def tag(self) -> str | None:
        """The tag as written, None where there is none."""
        last = self.name.partition("@")[0].rpartition("/")[2]
        return last.partition(":")[2] or None

    @property
    def digest(self) -> str | None:
        """`algorithm:hex`, None where there is none."""
        return self.name.partition("@")[2] or None


def normalise_reference(name: str) -> str:
    """`name` with Docker Hub's host and `library/` filled in (distribution/reference)."""
    first, slash, rest = name.partition("/")
    has_host = bool(slash) and (
        "." in first or ":" in first or first == "localhost" or first.lower() != first
    )
    if not has_host:
        return f"docker.io/{name if slash else 'library/' + name}"
    if first == "index.docker.io":
        first = "docker.io"
    if first == "docker.io" and "/" not in rest:
        rest = "library/" + rest
    return f"{first}/{rest}"


class Stage:
    """A build stage: a FROM and what follows it."""

    __slots__ = (
        "base",
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
        self.parent: Stage | None = None  #: the stage that `base` names
        self.instructions: list[Instruction] = [from_]  #: FROM included
        self.triggers: list[Instruction] = []  #: what the parent's ONBUILD runs first
        self.env: Mapping[str, str] = {}  #: final ENV, inherited ones and PATH included
        self.labels: Mapping[str, str] = {}
        self.user: str = ""  #: final USER after expansion, inherited; "" when none is set
        self.user_instruction: Instruction | None = None
        self.workdir: str = ""  #: final WORKDIR, absolute, inherited; "" when none is set
        self.shell: tuple[str, ...] | None = None
        self.healthcheck: Instruction | None = None  #: the one in force, inherited ones included
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
        "_commands",
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
        self._commands: dict[str, list[tuple[Instruction, Command]]] | None = None

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
