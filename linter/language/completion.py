"""What may be typed next: instructions, flags, stages, variables, and rules in ignore comments.

The line under the cursor is rarely whole, so it is read as text; what stands above it comes from
the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dockgate.linter.language.analysis import Analysis
from dockgate.linter.language.instructions import (
    INSTRUCTIONS,
    MOUNT_KEYS,
    MOUNT_TYPES,
    PLATFORM_ARGS,
)
from dockgate.rules import registry
from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span

KEYWORD, FLAG, STAGE, VARIABLE = "keyword", "flag", "stage", "variable"
RULE, VALUE = "rule", "value"

#: How far back the start of an instruction is looked for.
MAX_LINES = 500

_RULES = pattern(
    r"#\s*(?:dockgate:\s*ignore(?:-file)?\s*=|hadolint\s+(?:global\s+)?ignore\s*=|"
    r"checkov:skip=|trivy:ignore:)\s*(?:[^\s,:]+\s*,\s*)*([^\s,:]*)$",
    2,  # re.I
)
_FORMS = pattern(r"#\s*dockgate:\s*([a-z-]*)$", 2)
_VARIABLE = pattern(r"\$\{?([A-Za-z0-9_]*)$")
_KEYWORD = pattern(r"\s*([A-Za-z]*)$")
_TRIGGER = pattern(r"\s*ONBUILD\s+([A-Za-z]*)$", 2)
_FIRST = pattern(r"\s*(?:ONBUILD\s+)?([A-Za-z]+)\s", 2)
_NO_TRIGGER = frozenset({"FROM", "ONBUILD", "MAINTAINER"})


class Item(NamedTuple):
    """A proposal: `text` is put in the place of `span`."""

    label: str
    kind: str
    detail: str
    span: Span
    text: str


def completions(analysis: Analysis, offset: int) -> list[Item]:
    """The proposals at an offset, those that begin with what is typed already."""
    text = analysis.text
    line = text.position(offset).line
    before = text.text[text.starts[line - 1] : offset]
    if before.lstrip("\ufeff \t").startswith("#"):
        return list(_in_comment(before, offset))
    dockerfile = analysis.dockerfile
    if dockerfile is None:
        return []
    instruction = analysis.instruction_at(offset)
    heredocs = instruction.heredocs if instruction is not None else []
    within = any(heredoc.span.start <= offset <= heredoc.span.end for heredoc in heredocs)
    first = line if within else _first_line(analysis, line)
    typed = text.text[text.starts[first - 1] : offset].lstrip("\ufeff")
    variable = _VARIABLE.search(before)
    if variable is not None:
        return _proposed(_variables(analysis, typed, first), VARIABLE, variable[1], offset)
    return [] if within else list(_in_instruction(dockerfile, typed, first, offset))


def _in_comment(before: str, offset: int) -> Iterator[Item]:
    rules, forms = _RULES.search(before), _FORMS.search(before)
    if rules is not None:
        names = {}
        for subject in ("dockerfile", "context"):
            for entry in registry.entries(subject).values():
                names[entry.name] = ", ".join(entry.aliases[:3])
                names |= {alias: entry.name for alias in entry.aliases if "/" not in alias}
        yield from _proposed(names.items(), RULE, rules[1], offset)
    elif forms is not None:
        found = [("ignore=", "in the instruction below"), ("ignore-file=", "in the whole file")]
        yield from _proposed(found, KEYWORD, forms[1], offset)


def _in_instruction(dockerfile: Dockerfile, typed: str, first: int, offset: int) -> Iterator[Item]:
    keyword, trigger = _KEYWORD.match(typed), _TRIGGER.match(typed)
    if keyword is not None:
        yield from _keywords(INSTRUCTIONS, keyword[1], offset)
        return
    if trigger is not None:
        yield from _keywords(set(INSTRUCTIONS) - _NO_TRIGGER, trigger[1], offset)
        return
    named = _FIRST.match(typed)
    cmd = named[1].upper() if named is not None else ""
    if cmd not in INSTRUCTIONS:
        return
    word = "" if typed[-1:].isspace() else typed.split()[-1]
    words = typed.split()[1:]
    flag, equals, value = word.partition("=")
    flags = [part for part in words if part.startswith("--")]
    if word.startswith("--") and not equals:
        found = INSTRUCTIONS[cmd].flags.items()
        named_flags = [(f"--{name}", detail) for name, detail in found]
        for item in _proposed(named_flags, FLAG, word, offset):
            yield item._replace(text=item.text + "=")
    elif flag == "--from":
        yield from _proposed(_stages(dockerfile, cmd, first), STAGE, value, offset)
    elif flag == "--mount":
        yield from _in_mount(dockerfile, value, first, offset)
    elif cmd == "FROM" and not flag.startswith("--"):
        others = [part for part in words if part not in flags]
        if len(others) - bool(word) == 0:
            stages = [*_stages(dockerfile, cmd, first), ("scratch", "an empty image")]
            yield from _proposed(stages, STAGE, word, offset)
        elif len(others) - bool(word) == 1:
            yield from _proposed([("AS", "gives the stage a name")], KEYWORD, word, offset)


def _in_mount(dockerfile: Dockerfile, value: str, first: int, offset: int) -> Iterator[Item]:
    key, equals, part = value.rpartition(",")[2].partition("=")
    if not equals:
        for item in _proposed(MOUNT_KEYS.items(), FLAG, key, offset):
            bare = item.label in ("readonly", "readwrite", "required")
            yield item if bare else item._replace(text=item.text + "=")
    elif key == "type":
        yield from _proposed(MOUNT_TYPES.items(), VALUE, part, offset)
    elif key == "from":
        yield from _proposed(_stages(dockerfile, "RUN", first), STAGE, part, offset)


def _keywords(names: Iterable[str], typed: str, offset: int) -> Iterator[Item]:
    found = [(name, INSTRUCTIONS[name].summary) for name in sorted(names)]
    for item in _proposed(found, KEYWORD, typed, offset):
        text = item.text.lower() if typed and typed.islower() else item.text
        yield item._replace(text=text + " ")


def _proposed(names: Iterable[tuple[str, str]], kind: str, typed: str, offset: int) -> list[Item]:
    """Items for the (name, detail) that begin with what is typed, case ignored."""
    span, start = Span(offset - len(typed), offset), typed.lower()
    return [
        Item(name, kind, detail, span, name)
        for name, detail in names
        if name.lower().startswith(start)
    ]


def _stages(dockerfile: Dockerfile, cmd: str, line: int) -> list[tuple[str, str]]:
    """The named stages that an instruction on this line may use."""
    above = [stage for stage in dockerfile.stages if stage.from_.start < line]
    if cmd != "FROM":
        above = above[:-1]  # its own
    return [(s.label, f"FROM {s.base.name or s.base.raw}") for s in above if s.name_word]


def _variables(analysis: Analysis, typed: str, line: int) -> list[tuple[str, str]]:
    """The variables in force for an instruction that starts on this line."""
    dockerfile = analysis.dockerfile
    assert dockerfile is not None
    found: dict[str, str] = {}
    above = [i for i in dockerfile.instructions if i.end < line]
    in_from = typed.lstrip().upper().startswith("FROM")
    stages = [stage for stage in dockerfile.stages if stage.from_.start < line]
    if in_from or not stages:
        above = [i for i in above if i.stage is None and i.cmd != "FROM"]
        found = dict.fromkeys(PLATFORM_ARGS, "set by BuildKit") if in_from else {}
    else:
        chain = set(stages[-1].chain())
        found = {"PATH": "ENV"}
        above = [i for i in above if i.stage in chain]
    for instruction in above:
        if instruction.cmd in ("ARG", "ENV"):
            for name, _, _ in instruction.pairs():
                found[name.value] = f"{instruction.cmd}, line {instruction.start}"
    return list(found.items())


def _first_line(analysis: Analysis, line: int) -> int:
    """The line on which the instruction starts that goes on on `line`."""
    text, dockerfile = analysis.text, analysis.dockerfile
    escape = dockerfile.escape if dockerfile is not None else "\\"
    first = line
    for number in range(line - 1, max(line - MAX_LINES, 0), -1):
        shown = text.line(number).strip()
        if shown.endswith(escape) and not shown.startswith("#"):
            first = number
        elif shown and not shown.startswith("#"):
            break
    return first
