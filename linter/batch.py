"""Many Dockerfiles: found, read, linted and fixed, each under its nearest configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dockgate.linter import config as configuration
from dockgate.linter import files
from dockgate.linter.config import Config
from dockgate.linter.discover import discover
from dockgate.linter.engine import SHELLCHECK, runs_shellcheck
from dockgate.linter.errors import UsageError
from dockgate.linter.report import Report
from dockgate.linter.run import (
    MAX_DOCKERFILE_BYTES,
    Examined,
    Scope,
    add_shellcheck,
    examine,
    finish,
    lint,
)
from dockgate.rules.rule import Severity
from dockgate.rules.subjects.text import Text

STDIN = "-"
TOGETHER = 250  #: files whose models are kept at a time, for one run of ShellCheck


class Options(NamedTuple):
    """What the command line decides for all files; the configuration decides the rest."""

    config: str | None = None  #: a file in place of the nearest one
    select: frozenset[str] = frozenset()  #: rules' names
    ignore: frozenset[str] = frozenset()
    fail_on: Severity | None = None
    profile: str = ""
    shellcheck: bool = False
    stdin_filename: str = ""
    scope: Scope = Scope()
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False  #: tell the fixes as a diff, write nothing


class Outcome:
    """What a run over many files gave."""

    __slots__ = ("diff", "failed", "fixed", "notes", "report", "stdin")

    def __init__(self) -> None:
        self.report = Report()
        self.failed = False  #: a finding is at or over its file's threshold
        self.fixed = 0  #: how many fixes were applied
        self.diff = ""
        self.notes: list[str] = []  #: one line each, for standard error
        self.stdin: bytes | None = None  #: the fixed text of standard input

    @property
    def undecided(self) -> bool:
        """Whether anything could not be finished."""
        return bool(self.report.failures)


def lint_paths(paths: Iterable[str], options: Options) -> Outcome:
    """Lint files, folders and `-` in their order, each file once.

    Raises UsageError, before anything is written, for a path that was named and cannot be read
    and for a configuration that cannot be meant.
    """
    outcome = Outcome()
    context = options.scope.context
    if context is not None and not os.path.isdir(context):
        raise UsageError(f"--context {context}: no such folder")
    if options.config is not None:
        configuration.read(options.config)
    named = set(paths := list(paths))
    sources: dict[str, bytes | None] = {}
    for path in _expand(paths, outcome):
        if path == STDIN:
            sources[path] = sys.stdin.buffer.read(MAX_DOCKERFILE_BYTES + 1)
        elif path not in sources:
            sources[path] = files.read(path, MAX_DOCKERFILE_BYTES) if path in named else None
    waiting: list[Examined] = []
    together = False  # something that waits is for ShellCheck
    for path, data in sources.items():
        name = (options.stdin_filename or "<stdin>") if path == STDIN else path
        config = _config(options, options.stdin_filename if path == STDIN else path)
        if not together and runs_shellcheck(config.selection):
            _require_shellcheck()
        outcome.notes += (note for note in config.notes if note not in outcome.notes)
        if data is None:
            try:
                data = files.read(path, MAX_DOCKERFILE_BYTES)
            except UsageError as error:  # found, not named: it cannot be judged
                examined = Examined(Text("", path), config)
                examined.failures.append(str(error))
                waiting.append(examined)
                continue
        examined = _examine(outcome, data, path, name, config, options)
        waiting.append(examined)
        together |= examined.wants_shellcheck
        if not together or len(waiting) == TOGETHER:
            _finish(outcome, waiting)
            together = False
    _finish(outcome, waiting)
    return outcome


def _expand(paths: Iterable[str], outcome: Outcome) -> Iterator[str]:
    for path in paths:
        if path != STDIN and os.path.isdir(path):
            found = list(discover(path))
            if not found:
                outcome.notes.append(f"no Dockerfile in {path}")
            yield from found
        else:
            yield path


def _config(options: Options, path: str) -> Config:
    if options.config is not None:
        config = configuration.read(options.config).for_path(path)
    else:
        config = configuration.find(path or "Dockerfile")
    return config.with_options(
        select=options.select,
        ignore=options.ignore,
        fail_on=options.fail_on,
        profile=options.profile,
        shellcheck=options.shellcheck,
    )


def _examine(
    outcome: Outcome, data: bytes, path: str, name: str, config: Config, options: Options
) -> Examined:
    failure = ""
    if options.fix or options.diff:
        from dockgate.linter import fixes

        alone = config.without(SHELLCHECK)  # it has no fixes
        fixed = fixes.fix(data, name, alone, unsafe=options.unsafe_fixes, scope=options.scope)
        failure = fixed.failure
        outcome.fixed += fixed.applied
        if options.diff:
            before, _ = lint(data, name, alone, options.scope)
            after, _ = lint(fixed.data, name, alone, options.scope)
            outcome.diff += fixes.unified_diff(before.text, after.text)
        else:
            if path == STDIN:
                outcome.stdin = fixed.data
            elif fixed.data != data:
                files.replace(path, fixed.data, expected=data)
            data = fixed.data
    examined = examine(data, name, config, options.scope)
    if failure:
        examined.failures.append(failure)
    return examined


def _require_shellcheck() -> None:
    """Before anything is written. Raises UnfinishedError where it is missing."""
    from dockgate.linter import shellcheck

    shellcheck.program()


def _finish(outcome: Outcome, waiting: list[Examined]) -> None:
    """Report on the files that wait, in their order, and forget them."""
    add_shellcheck(waiting)
    for examined in waiting:
        report = finish(examined)
        outcome.report.files.append(report)
        limit = examined.config.fail_on
        if limit is not None:
            outcome.failed |= any(finding.severity >= limit for finding in report.findings)
    waiting.clear()
