"""What one process does: files in, results out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dockgate.linter.config import Config
from dockgate.linter.engine import SHELLCHECK, runs_shellcheck
from dockgate.linter.results import Result
from dockgate.linter.run import Examined, add_shellcheck, examine, finish, lint
from dockgate.linter.scope import Scope
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.text import Text

TOGETHER = 250  #: files whose models are kept at a time, for one run of ShellCheck


class Source(NamedTuple):
    """A file that has been read."""

    name: str  #: in the output
    config: Config
    data: bytes | None  #: None: it cannot be read
    failure: str = ""  #: why


def results(sources: Iterable[Source], scope: Scope) -> Iterator[Result]:
    """The result of each file, in their order."""
    waiting: list[Examined] = []
    together = False  # something that waits is for ShellCheck
    for source in sources:
        examined = _examined(source, scope)
        waiting.append(examined)
        together |= examined.wants_shellcheck
        if not together or len(waiting) == TOGETHER:
            yield from _finished(waiting)
            waiting, together = [], False
    yield from _finished(waiting)


def asks_shellcheck(source: Source) -> bool:
    """Whether the file's configuration asks for ShellCheck."""
    return runs_shellcheck(source.config.selection)


def require_shellcheck(configs: Iterable[Config]) -> None:
    """Before anything is written. Raises UnfinishedError where it is asked for and missing."""
    for config in {id(config): config for config in configs}.values():
        if runs_shellcheck(config.selection):
            from dockgate.linter import shellcheck

            shellcheck.program()
            return


def _examined(source: Source, scope: Scope) -> Examined:
    if source.data is not None:
        examined = examine(source.data, source.name, source.config, scope)
    else:
        examined = Examined(Text("", source.name), source.config)
    if source.failure:
        examined.failures.append(source.failure)
    return examined


def _finished(waiting: Sequence[Examined]) -> Iterator[Result]:
    add_shellcheck(waiting)
    for examined in waiting:
        config = examined.config
        yield Result(finish(examined), config.fail_on, config.notes, bool(config.baseline))


class Fixed(NamedTuple):
    """What fixing a file gave."""

    data: bytes
    applied: int
    failure: str
    diff: str


def fixed(
    data: bytes, name: str, config: Config, scope: Scope, *, unsafe: bool, diff: bool
) -> Fixed:
    """The file with its fixes, and with `diff` what that changes."""
    from dockgate.linter import fixes

    alone = config.without(SHELLCHECK)  # it has no fixes
    found = fixes.fix(data, name, alone, unsafe=unsafe, scope=scope)
    changes = ""
    if diff:
        before, _ = lint(data, name, alone, scope)
        after, _ = lint(found.data, name, alone, scope)
        changes = fixes.unified_diff(before.text, after.text)
    return Fixed(found.data, found.applied, found.failure, changes)
