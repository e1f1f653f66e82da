"""The patterns of .dockerignore and of COPY's sources, as BuildKit reads them.

An ignore file's pattern is Go's `filepath.Match` plus `**`, and is matched against a path and
its parents, later patterns winning (github.com/moby/patternmatcher). It is not a .gitignore:
`foo` is only the `foo` at the root.
"""

from __future__ import annotations

import re
from collections.abc import Callable

#: Wildcards of one pattern, where google-re2 is absent: `re` backtracks over each of them.
MAX_WILDCARDS = 8

#: Characters of one line of an ignore file: what Go's scanner takes.
MAX_LINE = 64 * 1024

#: Patterns of one ignore file.
MAX_PATTERNS = 10_000

#: What Go's strings.TrimSpace takes away.
_SPACE = " \t\n\v\f\r\x85\xa0"


class PatternError(ValueError):
    """A pattern that BuildKit refuses; the text says which and why."""


def clean(path: str) -> str:
    """Go's filepath.Clean: the shortest name of the same place; "." for nothing."""
    rooted = path.startswith("/")
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if parts and parts[-1] != "..":
                parts.pop()
            elif not rooted:
                parts.append(part)
        elif part not in ("", "."):
            parts.append(part)
    joined = "/".join(parts)
    return "/" + joined if rooted else joined or "."


def read_ignore_file(text: str) -> list[str]:
    """The patterns of an ignore file, cleaned; comments and empty lines left out.

    Raises PatternError for what BuildKit refuses.
    """
    patterns: list[str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        if len(line) > MAX_LINE:
            raise PatternError(f"line {number} is longer than {MAX_LINE} characters")
        if line.startswith("#"):
            continue
        pattern = line.strip(_SPACE)
        if not pattern:
            continue
        inverted = pattern[0] == "!"
        if inverted:
            pattern = pattern[1:].strip(_SPACE)
        if pattern:
            pattern = clean(pattern)
            if len(pattern) > 1 and pattern[0] == "/":
                pattern = pattern[1:]
        patterns.append("!" + pattern if inverted else pattern)
        if len(patterns) > MAX_PATTERNS:
            raise PatternError(f"more than {MAX_PATTERNS} patterns")
    return patterns


class Matcher:
    """A list of patterns, asked of paths from the root down."""

    __slots__ = ("_patterns", "has_exceptions")

    def __init__(self, patterns: list[str]) -> None:
        """Raises PatternError for a pattern that BuildKit refuses."""
        self._patterns: list[tuple[bool, Callable[[str], bool]]] = []
        self.has_exceptions = False
        for given in patterns:
            pattern = given.strip(_SPACE)
            if not pattern:
                continue
            pattern = clean(pattern)
            exception = pattern[0] == "!"
            if exception:
                pattern = pattern[1:]
                if not pattern:
                    raise PatternError('"!" alone is no pattern')
                self.has_exceptions = True
            check_syntax(pattern)
            self._patterns.append((exception, _compile(pattern)))

    def match(self, path: str, parent: list[bool] | None) -> tuple[bool, list[bool]]:
        """Whether `path` matches, and what to hand on as `parent` for what lies in it.

        `parent` is what this method gave for the folder of `path`, None at the root.
        """
        matched = False
        results: list[bool] = []
        for index, (exception, matches) in enumerate(self._patterns):
            found = parent is not None and parent[index]
            if not found and exception == matched:
                found = matches(path)
            results.append(found)
            if found:
                matched = not exception
        return matched, results

    def matches(self, path: str) -> bool:
        """Whether `path` or a folder above it matches."""
        results: list[bool] | None = None
        matched = False
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            matched, results = self.match("/".join(parts[:depth]), results)
        return matched


def check_syntax(pattern: str) -> None:
    """PatternError where Go's filepath.Match would answer ErrBadPattern."""
    at, end = 0, len(pattern)
    while at < end:
        if pattern[at] == "\\":
            if at + 1 == end:
                raise PatternError(f"{pattern!r} ends in a backslash")
            at += 2
        elif pattern[at] == "[":
            at = _class_end(pattern, at)
        else:
            at += 1


def _class_end(pattern: str, at: int) -> int:
    """Where the class that opens at `at` ends; both ends of a range must be there."""
    end = len(pattern)
    at += 2 if pattern[at + 1 : at + 2] == "^" else 1
    ranges = 0
    while True:
        if at < end and pattern[at] == "]" and ranges:
            return at + 1
        at = _class_member(pattern, at)
        if at < end and pattern[at] == "-":
            at = _class_member(pattern, at + 1)
        ranges += 1


def _class_member(pattern: str, at: int) -> int:
    if at >= len(pattern) or pattern[at] in "-]":
        raise PatternError(f"{pattern!r} has a class in brackets that is not complete")
    at += 2 if pattern[at] == "\\" else 1
    if at >= len(pattern):
        raise PatternError(f"{pattern!r} has a class in brackets that is not complete")
    return at


def _compile(pattern: str) -> Callable[[str], bool]:
    """What tells whether a path matches a cleaned pattern, by the cheapest means."""
    expression, kind = _translate(pattern)
    if kind == "exact":
        return pattern.__eq__
    if kind == "prefix":
        prefix = pattern[:-2]
        return lambda path: path.startswith(prefix)
    if kind == "suffix":
        suffix = pattern[2:]
        whole = suffix[1:] if suffix.startswith("/") else None
        return lambda path: path.endswith(suffix) or path == whole
    return full_match(expression, pattern)


def _translate(pattern: str) -> tuple[str, str]:
    out: list[str] = []
    kind = "exact"
    at, end, first = 0, len(pattern), True
    while at < end:
        char = pattern[at]
        at += 1
        if char == "*" and pattern[at : at + 1] == "*":
            at += 1
            if pattern[at : at + 1] == "/":
                at += 1
            if at < end:
                out.append("(.*/)?")
                kind = "expression"
            elif kind == "exact":
                kind = "prefix"
            else:
                out.append(".*")
                kind = "expression"
            if first:
                kind = "suffix"
        elif char == "*":
            out.append("[^/]*")
            kind = "expression"
        elif char == "?":
            out.append("[^/]")
            kind = "expression"
        elif char in ".+()|{}$":
            out.append("\\" + char)
        elif char == "\\":
            out.append("\\" + pattern[at])
            at += 1
            kind = "expression"
        else:
            if char in "[]":
                kind = "expression"
            out.append(char)
        first = False
    return "".join(out), kind


def full_match(expression: str, pattern: str) -> Callable[[str], bool]:
    """A predicate for whole paths: google-re2 where there is one, bounded `re` otherwise.

    Raises PatternError for an expression that Go would refuse, or that could run for ever.
    """
    try:
        import re2  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        if pattern.count("*") > MAX_WILDCARDS:
            raise PatternError(
                f"{pattern!r} has more than {MAX_WILDCARDS} wildcards: install google-re2"
            ) from None
        try:
            compiled = re.compile(expression, re.ASCII)
        except re.error as error:
            raise PatternError(f"{pattern!r} is no pattern: {error}") from None
        return lambda path: compiled.fullmatch(path) is not None
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        linear = re2.compile(expression, options)
    except re2.error:
        raise PatternError(f"{pattern!r} is no pattern") from None
    return lambda path: linear.fullmatch(path) is not None


def has_wildcard(pattern: str) -> bool:
    """Whether COPY looks for files by this name, rather than taking it as it is."""
    at = 0
    while at < len(pattern):
        if pattern[at] == "\\":
            at += 1
        elif pattern[at] in "*?[":
            return True
        at += 1
    return False


def go_match(pattern: str) -> Callable[[str], bool]:
    """Go's filepath.Match for a pattern (no `**`); PatternError where it would be refused."""
    check_syntax(pattern)
    out: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "*":
            if not out or out[-1] != "[^/]*":
                out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "\\":
            at += 1
            out.append(re.escape(pattern[at]))
        elif char == "[":
            end = _class_end(pattern, at)
            out.append(_class(pattern[at + 1 : end - 1]))
            at = end - 1
        else:
            out.append(re.escape(char))
        at += 1
    return full_match("".join(out), pattern)


def _class(body: str) -> str:
    negated = body.startswith("^")
    out: list[str] = []
    at = 1 if negated else 0
    while at < len(body):
        if body[at] == "\\":
            at += 1
            out.append(re.escape(body[at]))
        elif body[at] == "-":
            out.append("-")
        else:
            out.append(re.escape(body[at]) if body[at] in "\\[]^&~|" else body[at])
        at += 1
    return f"[{'^' if negated else ''}{''.join(out)}]"
