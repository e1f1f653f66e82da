"""A Dockerfile's bytes as the document model that rules read, on dockerfile-parse.

`Parser` is dockerfile-parse's object model with BuildKit's reading underneath: the only place
that imports that library.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from shlex import quote
from typing import Any

from dockerfile_parse import DockerfileParser
from dockerfile_parse.constants import (
    COMMENT_INSTRUCTION,
)
from dockerfile_parse.parser import (
    Args,
    Envs,
    Labels,
)
from dockerfile_parse.util import (
    Context,
    WordSplitter,
)

from dockgate.linter.parsing import stages, validate
from dockgate.linter.parsing.expand import Expander, ExpansionError
from dockgate.linter.parsing.instructions import parse
from dockgate.linter.parsing.lexer import BOM
from dockgate.linter.parsing.pairs import is_legacy, places, removals
from dockgate.linter.parsing.words import BLANK, quoted_words
from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.base_image import Bases
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Stage
from dockgate.rules.subjects.text import Span, Text

Entry = dict[str, Any]

_LINE = pattern(r"[^\n]*\n|[^\n]+")
_COMMENT_MARK = pattern(r"\s*#\s*")


def read(
    data: bytes,
    path: str = "Dockerfile",
    *,
    build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    platform: str | None = None,
    bases: Bases | None = None,
) -> Dockerfile:
    """The model of a Dockerfile as BuildKit reads it; never raises for what the bytes are.

    What BuildKit would refuse stands in `errors`, in the order of the file; the rest of the file
    is read all the same. `build_args`, `target` and `platform` are those of `docker build`.
    `bases`: what base images set; without it they are taken for such that set PATH only.
    """
    parser = Parser(fileobj=BytesIO(data), build_args=dict(build_args or {}))
    return parser.document(path, target=target, platform=platform, bases=bases)


class Parser(DockerfileParser):  # type: ignore[misc]
    """dockerfile-parse's API over a Dockerfile as BuildKit reads it.

    Other than in the library itself: heredocs, escapes and continuations are BuildKit's; variables
    expand in full (`${x:-y}`); a stage inherits from the stage it is based on; lines end at LF
    only; bytes that are not UTF-8 survive; an edit touches nothing but what it is about. A line
    that BuildKit refuses still stands in `structure`.
    """

    cached_content: str
    _content: str | None = None
    _entries: list[Entry]
    _instructions: list[Instruction]
    _model: Dockerfile

    def document(
        self,
        path: str = "Dockerfile",
        *,
        target: str | None = None,
        platform: str | None = None,
        bases: Bases | None = None,
    ) -> Dockerfile:
        """The content as a document model, built anew."""
        dockerfile = parse(Text(self.content, path))
        stages.resolve(dockerfile, self.build_args, target, platform, bases)
        validate.check(dockerfile)
        dockerfile.errors.sort(key=lambda error: (error.line, error.span))
        return dockerfile

    @property
    def content(self) -> str:
        """The whole file; bytes that are not UTF-8 are lone surrogates."""
        if self.cache_content and self.cached_content:
            return self.cached_content
        with self._open_dockerfile("rb") as file:
            content = str(file.read().decode("utf-8", "surrogateescape"))
        if self.cache_content:
            self.cached_content = content
        return content

    @content.setter
    def content(self, content: str | bytes) -> None:
        text = content if isinstance(content, str) else content.decode("utf-8", "surrogateescape")
        if self.cache_content:
            self.cached_content = text
        with self._open_dockerfile("wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))

    @property
    def lines(self) -> list[str]:
        """The file's lines with their ends; LF alone ends one."""
        return _LINE.findall(self.content)

    @lines.setter
    def lines(self, lines: Iterable[str | bytes]) -> None:
        self.content = b"".join(
            line if isinstance(line, bytes) else line.encode("utf-8", "surrogateescape")
            for line in lines
        )

    @property
    def structure(self) -> list[Entry]:
        """As the library has it: comments and instructions, by the line where they end."""
        self._read()
        return [dict(entry) for entry in self._entries]

    @property
    def parent_images(self) -> list[str]:
        """The base of each stage, after expansion."""
        return [stage.base.name for stage in self._stages()]

    @parent_images.setter
    def parent_images(self, parents: list[str]) -> None:
        wanted = list(parents)
        edits = []
        for stage in self._stages():
            if not wanted:
                raise RuntimeError("not enough parents to match build stages")
            image = wanted.pop(0)
            if image != stage.base.raw:
                edits.append((stage.base.span, str(image)))
        if wanted:
            raise RuntimeError("trying to update too many parents for build stages")
        self._edit(edits)

    @property
    def context_structure(self) -> list[Context]:
        """For each entry of `structure`, the ARG, ENV and LABEL in force and set by it."""
        return [context for _, _, context in self._contexts(self.env_replace)]

    def add_lines(self, *lines: str, **kwargs: Any) -> None:
        """As the library does, with the file's own line end."""
        crlf = self._has_crlf()
        super().add_lines(*lines, **kwargs)
        self._restore_crlf(crlf)

    def add_lines_at(self, anchor: Any, *lines: str, **kwargs: Any) -> None:
        """As the library does, with the file's own line end."""
        crlf = self._has_crlf()
        super().add_lines_at(anchor, *lines, **kwargs)
        self._restore_crlf(crlf)

    def _add_instruction(self, instruction: str, value: Any) -> None:
        if not self.content:
            self.content = "\n"
        crlf = self._has_crlf()
        super()._add_instruction(instruction, value)
        self._restore_crlf(crlf)

    def _has_crlf(self) -> bool:
        lines = self.lines
        return bool(lines) and all(line.endswith("\r\n") for line in lines if line[-1:] == "\n")

    def _restore_crlf(self, crlf: bool) -> None:
        if crlf:
            self.content = re.sub(r"(?<!\r)\n", "\r\n", self.content)

    def _read(self) -> None:
        """Parse, unless the content is what it was."""
        content = self.content
        if self._content == content:
            return
        text = Text(content)
        rejected: list[Instruction] = []
        model = parse(text, rejected)
        stages.resolve(model, self.build_args, None, None)
        self._instructions = sorted(model.instructions + rejected, key=lambda i: i.start)
        self._model = model
        self._entries = _entries(_LINE.findall(content), model, self._instructions)
        self._content = content

    def _stages(self) -> list[Stage]:
        self._read()
        return [stage for stage in self._model.stages if stage.from_.words]

    def _instruction_getter(self, name: str, env_replace: bool) -> Any:
        """What is in force at the end of the last stage, set in this file."""
        kinds = {"LABEL": Labels, "ENV": Envs, "ARG": Args}
        if name not in kinds:
            raise ValueError(f"Unsupported instruction '{name}'")
        values: dict[str, str] = {}
        finals: dict[Stage | None, dict[str, str]] = {None: {}}
        for entry, stage, context in self._contexts(env_replace):
            if entry["instruction"] == "FROM":
                values = dict(finals[stage.parent if stage else None])
            elif entry["instruction"] == name:
                values.update(context.get_line_value(name))
            if stage is not None:
                finals[stage] = values
        return kinds[name](values, self)

    def _contexts(self, env_replace: bool) -> Iterator[tuple[Entry, Stage | None, Context]]:
        """Each entry of `structure`, the stage it is in, and what is in force after it."""
        self._read()
        top: dict[str, str] = {}
        froms = {stage.from_.start - 1: stage for stage in self._model.stages}
        finals: dict[Stage | None, Context] = {None: Context(envs=dict(self.parent_env))}
        stage: Stage | None = None
        started = False
        last = Context()
        for entry in self._entries:
            kind = entry["instruction"]
            if kind == "FROM":
                started = True
                stage = froms.get(entry["startline"])
                last = finals[stage.parent if stage else None]
            context = Context(dict(last.args), dict(last.envs), dict(last.labels))
            if kind in ("ENV", "LABEL"):
                line = dict(self._pairs(entry, last.args, last.envs, env_replace))
                context.set_line_value(context_type=kind, value=line)
            elif kind == "ARG":
                line = self._arguments(entry, last, top if started else {}, env_replace)
                if not started:
                    top.update(line)
                context.set_line_value(context_type=kind, value=line)
            yield entry, stage, context
            last = context
            if stage is not None:
                finals[stage] = context

    def _arguments(
        self, entry: Entry, last: Context, top: Mapping[str, str], env_replace: bool
    ) -> dict[str, str]:
        """ARG: what the build is given, else the default, else the value before the first FROM."""
        line = {}
        for name, value in self._pairs(entry, last.args, last.envs, env_replace):
            if name in self.build_args:
                value = self.build_args[name]
            line[name] = value or top.get(name, "")
        return line

    def _pairs(
        self, entry: Entry, args: Mapping[str, str], envs: Mapping[str, str], replace: bool
    ) -> list[tuple[str, str]]:
        """Names and values of an ENV, LABEL or ARG. ValueError as the library raises it."""
        text: str = entry["value"]
        words = [piece.value for piece in quoted_words(text, 0, len(text), self._model.escape)]
        if not words:
            return []
        if is_legacy(entry["instruction"], words):
            name, _, value = BLANK.sub("\0", text, count=1).partition("\0")
            found = [(name, value)]
        else:
            found = []
            for word in words:
                name, equals, value = word.partition("=")
                if not equals and entry["instruction"] != "ARG":
                    raise ValueError(
                        f'Syntax error - can\'t find = in "{word}". Must be of the form: name=value'
                    )
                found.append((name, value))
        values = ChainMap(dict(envs), dict(args))
        return [
            (self._expanded(name, values, replace), self._expanded(value, values, replace))
            for name, value in found
        ]

    def _expanded(self, word: str, values: Mapping[str, str], replace: bool) -> str:
        if not replace:
            return str(WordSplitter(word).dequote())
        try:
            return Expander(values, self._model.escape).word(word)
        except ExpansionError:  # BuildKit refuses it; the library makes the best of it
            return str(WordSplitter(word, args=dict(values), envs={}).dequote())

    def _modify_instruction_label_env(
        self, instruction: str, instr_key: str, instr_value: str | None
    ) -> None:
        """Set or, for None, remove a key; KeyError when there is no such key.

        The last assignment that counts is changed; all that count are removed.
        """
        if instruction not in ("LABEL", "ENV", "ARG"):
            raise ValueError(f"Unknown instruction '{instruction}'")
        self._read()
        found = [
            (holder, number)
            for holder in self._counting(instruction)
            for number, (name, _, _) in enumerate(places(holder))
            if instr_key in (WordSplitter(name).dequote(), self._shown(holder, number))
        ]
        if not found:
            raise KeyError(f"{instr_key} not in {instruction}s")
        if instr_value is not None:
            holder, number = found[-1]
            _, name_span, value_span = places(holder)[number]
            if value_span is None:
                edit = (Span(name_span.end, name_span.end), "=" + quote(instr_value))
            else:
                edit = (value_span, quote(instr_value))
            self._edit([edit])
            return
        edits = []
        for holder in {id(holder): holder for holder, _ in found}.values():
            gone = {number for other, number in found if other is holder}
            edits += removals(self._model.text, holder, gone)
        self._edit(edits)

    def _counting(self, cmd: str) -> list[Instruction]:
        """The instructions that the last stage's values come from, those inherited first."""
        final = self._model.stages[-1] if self._model.stages else None
        if final is None:
            return [i for i in self._instructions if i.cmd == cmd]
        own = [i for stage in reversed(list(final.chain())) for i in stage.instructions]
        return [i for i in own if i.cmd == cmd]

    def _shown(self, holder: Instruction, number: int) -> str:
        """A key after expansion."""
        return "" if holder.cmd == "ARG" else holder.values[number * 3]

    def _edit(self, edits: list[tuple[Span, str]]) -> None:
        content = self.content
        for span, replacement in sorted(edits, reverse=True):
            content = content[: span.start] + replacement + content[span.end :]
        if edits:
            self.content = content


def _entries(lines: list[str], model: Dockerfile, instructions: list[Instruction]) -> list[Entry]:
    comments = sorted([c.line for c in model.comments] + [d.line for d in model.directives])
    found: list[tuple[int, int, Entry]] = []
    for number in comments:
        line = lines[number - 1]
        value = _COMMENT_MARK.sub("", line.removeprefix(BOM), count=1).rstrip("\r\n")
        found.append((number, 0, _entry(COMMENT_INSTRUCTION, number, number, line, value)))
    marked = set(comments)
    for instruction in instructions:
        body = [
            lines[number - 1]
            for number in range(instruction.start, instruction.end + 1)
            if number not in marked
        ]
        arguments = BLANK.split(instruction.original.strip(), maxsplit=1)[1:]
        found.append(
            (
                instruction.end,
                1,
                _entry(
                    instruction.cmd,
                    instruction.start,
                    instruction.end,
                    "".join(body),
                    arguments[0] if arguments else "",
                ),
            )
        )
    found.sort(key=lambda item: item[:2])
    return [entry for _, _, entry in found]


def _entry(instruction: str, start: int, end: int, content: str, value: str) -> Entry:
    return {
        "instruction": instruction,
        "startline": start - 1,
        "endline": end - 1,
        "content": content,
        "value": value,
    }
