"""One instruction as BuildKit's syntax tree has it: words, flags, heredocs, each with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dockgate.rules.subjects.text import MappedText, Span

if TYPE_CHECKING:
    from dockgate.rules.subjects.dockerfile import Stage
    from dockgate.rules.subjects.secret import Secret
    from dockgate.rules.subjects.shell import Script


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
        "unneeded",
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
        #: the same where nothing is missing: X of ${X:-1}, B of ${A:-$B} if A is set
        self.unneeded: list[tuple[str, Span]] = []
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
