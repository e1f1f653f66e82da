"""Private temporary folders that are cleared even after SIGKILL: by the next run.

A folder is `dockgate-XXXXXXXX` in the temporary directory, mode 0700, and locked (flock) for as
long as its owner lives; the kernel drops the lock however the owner ends. Whoever gets the lock of
a folder that is not his own may clear it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from dockgate.linter.errors import UnfinishedError

PREFIX = "dockgate-"
_TRIES = 5
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def workspace(before_clearing: Callable[[Path], bool] = lambda _: True) -> Iterator[Path]:
    """A private folder for this run, gone afterwards; clears first what dead runs have left.

    `before_clearing` is called with each folder left behind; where it gives False, the folder
    stays for a later run. SIGTERM and SIGHUP end the block as SIGINT does, so that the folder goes.
    """
    root = Path(tempfile.gettempdir())
    with _signals_raise():
        _clear_stale(root, before_clearing)
        path, lock = _make(root)
        try:
            yield path
        finally:
            with _signals_ignored():
                _remove(path)
                os.close(lock)


def _make(root: Path) -> tuple[Path, int]:
    for _ in range(_TRIES):
        try:
            path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        except OSError as error:
            raise UnfinishedError(
                f"{root}: {error.strerror}: set TMPDIR to a folder with room"
            ) from None
        lock = _lock(path)
        if lock is not None:
            return path, lock
    raise UnfinishedError(f"{root}: no private folder could be made: set TMPDIR to another folder")


def _lock(path: Path) -> int | None:
    """A descriptor that holds the folder's lock, None when another has it or the folder is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between making and locking it, another run may have cleared it away.
        if os.path.samestat(os.fstat(descriptor), os.lstat(path)):
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def _clear_stale(root: Path, before_clearing: Callable[[Path], bool]) -> None:
    try:
        entries = [entry for entry in os.scandir(root) if entry.name.startswith(PREFIX)]
    except OSError:
        return
    for entry in entries:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
        if not private or status.st_uid != os.geteuid():
            continue
        lock = _lock(Path(entry.path))
        if lock is None:
            continue
        try:
            if before_clearing(Path(entry.path)):
                _remove(Path(entry.path))
        finally:
            os.close(lock)


def _remove(path: Path) -> None:
    """Remove the folder; a child that is being killed may still write, so try again."""
    for _ in range(_TRIES):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return


@contextlib.contextmanager
def machine_lock(name: str) -> Iterator[None]:
    """Held by one dockgate of this user on this machine at a time."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dockgate"
    path = folder / f"{name}.lock"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UnfinishedError(f"{path}: {error.strerror}: set XDG_CACHE_HOME elsewhere") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _signals_raise() -> Iterator[None]:
    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    with _handlers(end):
        yield


@contextlib.contextmanager
def _signals_ignored() -> Iterator[None]:
    with _handlers(signal.SIG_IGN, (*_SIGNALS, signal.SIGINT)):
        yield


@contextlib.contextmanager
def _handlers(
    handler: Callable[[int, FrameType | None], None] | signal.Handlers,
    numbers: tuple[signal.Signals, ...] = _SIGNALS,
) -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in numbers}
    for number, previous in before.items():
        if previous is not signal.SIG_IGN:  # as nohup has it: that stays
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
