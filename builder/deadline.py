"""A time limit on what others may never finish: an engine, a registry."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from dockgate.linter.errors import UnfinishedError


@contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    """End the block with UnfinishedError when it takes longer than `seconds`.

    Works in the main thread, where signals arrive, and one block at a time; elsewhere the block
    is not limited.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(_number: int, _frame: FrameType | None) -> None:
        raise UnfinishedError(f"{what} did not end within {seconds:.0f} seconds: try again later")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
