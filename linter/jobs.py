"""Many files in several processes: each takes the next portion until none is left.

The processes are forks: what has been imported is shared, and nothing is imported from anywhere
else. They hand back results as `results.dump` has them and share nothing after that. Where one
dies, its files are undecided; when this process ends, however it ends, they end as well.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator, Sequence

from dockgate.linter.report import FileReport
from dockgate.linter.results import Result, dump, parse
from dockgate.linter.scope import Scope
from dockgate.linter.work import Source, results
from dockgate.rules.subjects.text import Text

PAYS = 40  #: files for each process; for fewer it takes longer to start than it saves
PORTION = 16  #: files that a process takes at a time
MAX_PORTIONS = 8_000  #: more than fit into a pipe (64 KiB, 8 bytes each) cannot be handed out
MAX_JOBS = 256
BLOCK = 1 << 16  #: bytes read from a process at a time
FORKS = hasattr(os, "fork") and sys.platform != "darwin"  #: macOS's libraries may not survive one


def processes(wanted: int, count: int) -> int:
    """How many processes to work in; `wanted` 0: as many as pay for `count` files."""
    if not FORKS:
        return 1
    if wanted == 0:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        wanted = min(cores, count // PAYS)
    return max(1, min(wanted, count // 2, MAX_JOBS))


def in_processes(
    sources: Sequence[Source], scope: Scope, count: int, done: Callable[[], None]
) -> Iterator[Result]:
    """As `work.results`, in `count` processes, in the order of `sources`.

    `done` is called for each file that is finished, whatever its turn.
    """
    size = max(PORTION, -(-len(sources) // MAX_PORTIONS))
    portions = [sources[at : at + size] for at in range(0, len(sources), size)]
    tasks = _tasks(len(portions))
    workers: dict[int, _Worker] = {}
    finished: dict[int, list[Result]] = {}
    try:
        for _ in range(min(count, len(portions))):
            worker = _start(portions, scope, tasks, [w.pipe for w in workers.values()])
            workers[worker.pipe] = worker
        os.close(tasks)
        tasks = -1
        turn = 0
        while workers:
            ready, _, _ = select.select(list(workers), [], [])
            for pipe in ready:
                worker = workers[pipe]
                block = os.read(pipe, BLOCK)
                if not block:
                    worker.reap()
                    del workers[pipe]
                for index, dumped in worker.take(block):
                    portion = portions[index]
                    results_so_far = finished.setdefault(index, [])
                    results_so_far.append(_read(dumped, portion[len(results_so_far)]))
                    done()
            while turn in finished and len(finished[turn]) == len(portions[turn]):
                yield from finished.pop(turn)
                turn += 1
        for index in range(turn, len(portions)):
            known = finished.get(index, [])
            yield from known
            yield from (_lost(source) for source in portions[index][len(known) :])
    finally:
        if tasks >= 0:
            os.close(tasks)
        for worker in workers.values():
            worker.kill()


class _Worker:
    """A process, and what it has told so far."""

    __slots__ = ("_rest", "pid", "pipe")

    def __init__(self, pid: int, pipe: int) -> None:
        self.pid = pid
        self.pipe = pipe
        self._rest = b""

    def take(self, block: bytes) -> Iterator[tuple[int, bytes]]:
        """(portion, dumped result) of each whole message; the rest is kept."""
        data = self._rest + block
        at = 0
        while len(data) >= at + 16:
            index = int.from_bytes(data[at : at + 8], "little")
            end = at + 16 + int.from_bytes(data[at + 8 : at + 16], "little")
            if len(data) < end:
                break
            yield index, data[at + 16 : end]
            at = end
        self._rest = data[at:]

    def reap(self) -> None:
        """Wait for its end."""
        os.close(self.pipe)
        os.waitpid(self.pid, 0)

    def kill(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        self.reap()


def _tasks(count: int) -> int:
    """A pipe that holds the numbers of all portions: whoever reads one has it."""
    end, start = os.pipe()
    try:
        for index in range(count):
            os.write(start, index.to_bytes(8, "little"))
    finally:
        os.close(start)
    return end


def _start(
    portions: Sequence[Sequence[Source]], scope: Scope, tasks: int, others: Sequence[int]
) -> _Worker:
    end, start = os.pipe()
    pid = os.fork()
    if pid:
        os.close(start)
        return _Worker(pid, end)
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # the one who reads is gone: so are we
        for descriptor in (end, *others):
            os.close(descriptor)
        while task := os.read(tasks, 8):
            index = int.from_bytes(task, "little")
            for result in results(portions[index], scope):
                dumped = dump(result) or b""
                _write(start, index.to_bytes(8, "little"))
                _write(start, len(dumped).to_bytes(8, "little") + dumped)
        code = 0
    finally:
        os._exit(code)  # nothing of the parent's is tidied up here


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def _read(dumped: bytes, source: Source) -> Result:
    return parse(dumped, source.data or b"", source.name) if dumped else _lost(source)


def _lost(source: Source) -> Result:
    """The result for a file whose process has told nothing of it."""
    failure = "the process that looked at it has died: run with --jobs 1 to see why"
    report = FileReport(source.name, Text("", source.name), [], [failure])
    config = source.config
    return Result(report, config.fail_on, config.notes, bool(config.baseline))
