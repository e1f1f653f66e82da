"""What BuildKit refuses of an instruction once it is parsed.

Rules and messages: moby/buildkit `frontend/dockerfile/instructions`. Its parser goes on there, so
these errors are not fatal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from dockgate.linter.parsing import check_options
from dockgate.linter.parsing.expand import ExpansionError
from dockgate.linter.parsing.instructions import heredoc_of
from dockgate.linter.parsing.mounts import fields
from dockgate.linter.parsing.stages import STAGE_NAME
from dockgate.linter.parsing.words import KNOWN, quoted
from dockgate.rules.pattern import pattern
from dockgate.rules.subjects.dockerfile import Dockerfile, Flag, Instruction, ParseError
from dockgate.rules.subjects.text import Span

Problem = tuple[str, Span]

_NONE: dict[str, str] = {}
#: Flags by instruction: "bool", "one" (a value, once) or "many" (a value, repeatable).
_FLAGS: dict[str, dict[str, str]] = {
    "ADD": {
        "exclude": "many",
        "unpack": "bool",
        "chown": "one",
        "chmod": "one",
        "link": "bool",
        "keep-git-dir": "bool",
        "checksum": "one",
    },
    "COPY": {
        "exclude": "many",
        "parents": "bool",
        "chown": "one",
        "from": "one",
        "chmod": "one",
        "link": "bool",
    },
    "FROM": {"platform": "one"},
    "HEALTHCHECK": {
        "interval": "one",
        "timeout": "one",
        "start-period": "one",
        "start-interval": "one",
        "retries": "one",
    },
    "RUN": {"mount": "many", "device": "many", "network": "one", "security": "one"},
}
#: BuildKit does not look at the flags of these.
_UNCHECKED = frozenset({"ARG", "STOPSIGNAL"})
_ONE_ARGUMENT = frozenset({"MAINTAINER", "WORKDIR", "USER", "STOPSIGNAL"})
_SOME_ARGUMENTS = frozenset({"ENV", "LABEL", "ARG", "EXPOSE", "VOLUME", "ONBUILD"})
_MOUNT_TYPES = frozenset({"bind", "cache", "tmpfs", "secret", "ssh"})
_BARE_KEYS = frozenset({"readonly", "ro", "readwrite", "rw", "required"})
_MOUNT_KEYS = _BARE_KEYS | {"type", "from", "source", "src", "target", "dst", "destination"}
_MOUNT_KEYS |= {"size", "id", "sharing", "mode", "uid", "gid", "env"}
_DURATION = pattern(r"[-+]?(?:0|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+")
_DURATION_PART = pattern(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
#: How many characters may differ for a suggestion.
_SUGGESTION_DISTANCE = 2
_LONGEST_SUGGESTED = max(map(len, KNOWN)) + _SUGGESTION_DISTANCE


def check(dockerfile: Dockerfile) -> None:
    """Adds the errors of all instructions."""
    errors = dockerfile.errors
    for directive in dockerfile.directives:
        if directive.name == "check":
            try:
                check_options.parse(directive.value)
            except ValueError as error:
                message = f"failed to parse check options: {error}"
                errors.append(ParseError(message, directive.line, directive.value_span))
    for instruction in dockerfile.instructions:
        for message, span in _problems(instruction):
            errors.append(ParseError(message, instruction.start, span))
        if instruction.stage is None and instruction.cmd != "ARG" and instruction.cmd in KNOWN:
            message = "no build stage in current context"
            errors.append(ParseError(message, instruction.start, instruction.keyword))


def _problems(instruction: Instruction) -> Iterator[Problem]:
    cmd, words, place = instruction.cmd, instruction.words, instruction.keyword
    if cmd not in KNOWN:
        yield f"unknown instruction: {_written(instruction)}{_suggestion(cmd)}", place
        return
    if cmd in ("ADD", "COPY"):
        yield from _sources(instruction)
    elif cmd == "FROM":
        yield from _stage(instruction)
    elif cmd in _ONE_ARGUMENT:
        if len(words) != 1:
            yield f"{cmd} requires exactly one argument", place
    elif cmd in _SOME_ARGUMENTS and not words and instruction.sub is None:
        yield f"{cmd} requires at least one argument", place
    elif cmd in ("ENV", "LABEL", "ARG"):
        yield from _names(instruction)
    elif cmd == "VOLUME":
        if any(not word.value.strip() for word in words):
            yield "VOLUME specified can not be an empty string", place
    elif cmd == "SHELL":
        if not words:
            yield "SHELL requires at least one argument", place
        elif not instruction.json:
            yield "SHELL requires the arguments to be in JSON form", words[0].span
    elif cmd == "ONBUILD":
        yield from _trigger(instruction)
    elif cmd == "HEALTHCHECK":
        yield from _healthcheck(instruction)
        if not words or words[0].value.upper() == "NONE":
            return  # its flags are not looked at
    elif cmd == "RUN":
        for flag in instruction.flags:
            if flag.name == "mount" and flag.value is not None:
                yield from _mount(flag, flag.value)
    if instruction.flags and cmd not in _UNCHECKED:
        yield from _flags(instruction)


def _written(instruction: Instruction) -> str:
    """The keyword as it is written, continuations joined."""
    return (instruction.original[: instruction.body_start].split(maxsplit=1) or [""])[0]


def _sources(instruction: Instruction) -> Iterator[Problem]:
    words = instruction.words
    if len(words) < 2:
        yield (
            f"{instruction.cmd} requires at least two arguments, but only one was provided. "
            "Destination could not be determined",
            instruction.keyword,
        )
        return
    target = words[-1]
    try:
        heredoc = heredoc_of(target.value) if "<<" in target.value else None
    except ExpansionError:
        heredoc = None
    if heredoc is not None:
        yield f"{instruction.cmd} cannot accept a heredoc as a destination", target.span


def _stage(instruction: Instruction) -> Iterator[Problem]:
    words = instruction.words
    if len(words) == 3 and words[1].value.lower() == "as":
        if not STAGE_NAME.fullmatch(words[2].value.lower()):
            yield (
                f"invalid name for build stage: {quoted(words[2].value)}, name can't start with "
                "a number or contain symbols",
                words[2].span,
            )
    elif len(words) != 1:
        place = Span(words[0].span.start, words[-1].span.end) if words else instruction.keyword
        yield "FROM requires either one or three arguments", place


def _names(instruction: Instruction) -> Iterator[Problem]:
    step = 1 if instruction.cmd == "ARG" else 3
    for word in instruction.words[::step]:
        name = word.value
        if not name or (step == 1 and name.startswith("=")):
            yield f"{instruction.cmd} names can not be blank", word.span


def _trigger(instruction: Instruction) -> Iterator[Problem]:
    sub = instruction.sub
    if sub is None:
        return
    if sub.cmd == "ONBUILD":
        yield "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", sub.keyword
    elif sub.cmd in ("MAINTAINER", "FROM"):
        yield f"{sub.cmd} isn't allowed as an ONBUILD trigger", sub.keyword


def _healthcheck(instruction: Instruction) -> Iterator[Problem]:
    words = instruction.words
    if not words:
        yield "HEALTHCHECK requires at least one argument", instruction.keyword
        return
    kind = words[0].value.upper()
    if kind == "NONE":
        if len(words) > 1:
            yield "HEALTHCHECK NONE takes no arguments", words[1].span
    elif kind != "CMD":
        yield f"Unknown type {quoted(kind)} in HEALTHCHECK (try CMD)", words[0].span
    elif len(words) == 1:
        yield "Missing command after HEALTHCHECK CMD", words[0].span
    else:
        for flag in instruction.flags:
            if flag.value and flag.name in _FLAGS["HEALTHCHECK"]:
                problem = _health_option(flag.name, flag.value)
                if problem:
                    yield problem, flag.span


def _health_option(name: str, value: str) -> str:
    if name == "retries":
        if not re.fullmatch(r"[+-]?[0-9]{1,10}", value, re.ASCII):
            return f"invalid number of retries {quoted(value)}"
        return "" if int(value) >= 0 else f'"{name}" cannot be negative ({value})'
    if not _DURATION.fullmatch(value):
        return f"time: invalid duration {quoted(value)}"
    seconds = sum(float(n) * _SECONDS[unit] for n, unit in _DURATION_PART.findall(value))
    if value.startswith("-") and seconds:
        seconds = -seconds
    if seconds and seconds < 1e-3:
        return f'Interval "{name}" cannot be less than 1ms'
    return ""


def _mount(flag: Flag, value: str) -> Iterator[Problem]:
    try:
        found = fields(value)
    except ValueError as error:
        yield str(error), flag.span
        return
    for field in found:
        if field.value is None:
            if field.key not in _BARE_KEYS:
                yield f"invalid field '{field.text}' must be a key=value pair", flag.span
        elif field.key == "from" and re.search(r"\$.", field.value):
            yield "'from' doesn't support variable expansion, define alias stage instead", flag.span
        elif field.key not in _MOUNT_KEYS:
            yield f"unexpected key '{field.key}' in '{field.text}'", flag.span
        elif (
            field.key == "type"
            and "$" not in field.value
            and field.value.lower() not in _MOUNT_TYPES
        ):
            yield f"unsupported mount type {quoted(field.value)}", flag.span


def _flags(instruction: Instruction) -> Iterator[Problem]:
    allowed = _FLAGS.get(instruction.cmd, _NONE)
    used: set[str] = set()
    for flag in instruction.flags:
        kind = allowed.get(flag.name)
        if kind is None:
            yield f"unknown flag: --{flag.name}", flag.span
        elif flag.name in used and kind != "many":
            yield f"duplicate flag specified: --{flag.name}", flag.span
        elif kind == "bool":
            if flag.value == "":
                yield f"missing a value on flag: --{flag.name}", flag.span
            elif flag.value is not None and flag.value.lower() not in ("true", "false"):
                yield (
                    f"expecting boolean value for flag --{flag.name}, not: {flag.value}",
                    flag.span,
                )
        elif flag.value is None:
            yield f"missing a value on flag: --{flag.name}", flag.span
        used.add(flag.name)


@lru_cache(maxsize=256)
def _suggestion(cmd: str) -> str:
    if not 0 < len(cmd) <= _LONGEST_SUGGESTED:
        return ""
    near = [known for known in sorted(KNOWN) if abs(len(known) - len(cmd)) <= _SUGGESTION_DISTANCE]
    best = min(near, key=lambda n: (_distance(cmd, n), -len(set(cmd) & set(n))), default="")
    return f" (did you mean {best}?)" if _distance(cmd, best) <= _SUGGESTION_DISTANCE else ""


def _distance(one: str, other: str) -> int:
    """How many characters to insert, delete or replace (Levenshtein)."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]
