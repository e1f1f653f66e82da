"""Many Dockerfiles: found, read, linted and fixed, each under its nearest configuration.

Light: what looks at a file is imported once there is one whose result is not known.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator

from dockgate.linter import cache, files
from dockgate.linter.errors import UsageError
from dockgate.linter.progress import Progress
from dockgate.linter.report import Report
from dockgate.linter.scope import Scope
from dockgate.rules.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from dockgate.linter.config import Config
    from dockgate.linter.results import Result
    from dockgate.linter.work import Source
    from dockgate.rules.finding import Severity

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
    jobs: int = 1  #: processes; 0: as many as pay
    cache: bool = False  #: take results from the result cache and keep them there


class Outcome:
    """What a run over many files gave."""

    __slots__ = ("baselines", "diff", "failed", "fixed", "notes", "report", "stdin")

    def __init__(self) -> None:
        self.report = Report()
        self.failed = False  #: a finding is at or over its file's threshold
        self.fixed = 0  #: how many fixes were applied
        self.diff = ""
        self.baselines = False  #: some file's configuration names a baseline: it is not applied yet
        self.notes: list[str] = []  #: one line each, for standard error
        self.stdin: bytes | None = None  #: the fixed text of standard input

    @property
    def undecided(self) -> bool:
        """Whether anything could not be finished."""
        return bool(self.report.failures)


class _Read(NamedTuple):
    """A file that has been read, or not."""

    path: str  #: as it was named: its configuration is found by it
    name: str  #: in the output
    data: bytes | None
    failure: str = ""  #: why it cannot be read


def lint_paths(
    paths: Iterable[str], options: Options, only: Callable[[list[str]], Iterable[str]] | None = None
) -> Outcome:
    """Lint files, folders and `-` in their order, each file once.

    `only` chooses among the files that are found in a folder; None: all of them.

    Raises UsageError, before anything is written, for a path that was named and cannot be read
    and for a configuration that cannot be meant.
    """
    outcome = Outcome()
    context = options.scope.context
    if context is not None and not os.path.isdir(context):
        raise UsageError(f"--context {context}: no such folder")
    if options.config is not None:
        files.read(options.config, 0)
    inputs = _read(list(paths), options, outcome, only)
    store = cache.Cache(options) if cache.usable(options) else None
    known: dict[int, Result] = {}
    if store is not None:
        for index, one in enumerate(inputs):
            if one.data is not None:
                found = store.load(_place(one, options), one.name, one.data)
                if found is not None:
                    known[index] = found
    unknown = [one for index, one in enumerate(inputs) if index not in known]
    fresh = _work(unknown, options, outcome, store) if unknown else iter(())
    for index in range(len(inputs)):
        result = known.pop(index, None) or next(fresh)
        outcome.report.files.append(result.report)
        outcome.failed |= result.failed
        outcome.baselines |= result.baseline
        outcome.notes += (note for note in result.notes if note not in outcome.notes)
    return outcome


def _read(
    paths: list[str],
    options: Options,
    outcome: Outcome,
    only: Callable[[list[str]], Iterable[str]] | None,
) -> list[_Read]:
    """Each file once, in the order in which they are named or found."""
    named = set(paths)
    found: dict[str, _Read] = {}
    for path in _expand(paths, outcome, only):
        if path in found:
            continue
        if path == STDIN:
            data = sys.stdin.buffer.read(files.MAX_DOCKERFILE_BYTES + 1)
            found[path] = _Read(path, options.stdin_filename or "<stdin>", data)
            continue
        try:
            found[path] = _Read(path, path, files.read(path, files.MAX_DOCKERFILE_BYTES))
        except UsageError as error:
            if path in named:
                raise
            found[path] = _Read(path, path, None, str(error))  # found: it cannot be judged
    return list(found.values())


def _expand(
    paths: Iterable[str], outcome: Outcome, only: Callable[[list[str]], Iterable[str]] | None
) -> Iterator[str]:
    for path in paths:
        if path != STDIN and os.path.isdir(path):
            from dockgate.linter.discover import discover

            found = list(discover(path))
            if not found:
                outcome.notes.append(f"no Dockerfile in {path}")
            yield from only(found) if only is not None else found
        else:
            yield path


def _place(one: _Read, options: Options) -> str:
    """The path that a file's configuration is found by."""
    return options.stdin_filename if one.path == STDIN else one.path


def config_for(options: Options, path: str) -> Config:
    """What holds for a file: its nearest configuration, and the command line over it."""
    from dockgate.linter import config as configuration

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


def fails(report: Report, options: Options) -> bool:
    """Whether a finding is at or over its file's threshold."""
    for file in report.files:
        limit = config_for(options, file.path).fail_on if file.findings else None
        if limit is not None and any(finding.severity >= limit for finding in file.findings):
            return True
    return False


def _work(
    inputs: list[_Read], options: Options, outcome: Outcome, store: cache.Cache | None
) -> Iterator[Result]:
    """The results that are not known yet, in order; what may be kept is kept."""
    from dockgate.linter import work

    sources = []
    for one in inputs:
        config = config_for(options, _place(one, options))
        sources.append(work.Source(one.name, config, one.data, one.failure))
    work.require_shellcheck([source.config for source in sources])
    with Progress(len(inputs)) as progress:
        if options.fix or options.diff:
            sources = [
                _fixed(one, s, options, outcome) for one, s in zip(inputs, sources, strict=True)
            ]
        found = _results(sources, options, progress.step)
        for one, source, result in zip(inputs, sources, found, strict=True):
            if store is not None and one.data is not None and not work.asks_shellcheck(source):
                store.store(_place(one, options), one.data, result)
            yield result


def _results(sources: list[Source], options: Options, done: Callable[[], None]) -> Iterator[Result]:
    from dockgate.linter import work

    # What a registry says is asked once, by one process.
    if options.jobs != 1 and len(sources) > 1 and options.scope.bases is None:
        from dockgate.linter import jobs

        count = jobs.processes(options.jobs, len(sources))
        if count > 1:
            yield from jobs.in_processes(sources, options.scope, count, done)
            return
    for result in work.results(sources, options.scope):
        done()
        yield result


def _fixed(one: _Read, source: Source, options: Options, outcome: Outcome) -> Source:
    """The file as it is after its fixes, which are written, or told as a diff."""
    from dockgate.linter import work

    if source.data is None:
        return source
    fixed = work.fixed(
        source.data,
        source.name,
        source.config,
        options.scope,
        unsafe=options.unsafe_fixes,
        diff=options.diff,
    )
    outcome.fixed += fixed.applied
    outcome.diff += fixed.diff
    data = source.data
    if not options.diff:
        data = fixed.data
        if one.path == STDIN:
            outcome.stdin = data
        elif data != source.data:
            files.replace(one.path, data, expected=source.data)
    return source._replace(data=data, failure=fixed.failure)
