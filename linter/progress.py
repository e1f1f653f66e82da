"""A bar on the terminal while a long run goes on; nothing where nobody would see it."""

from __future__ import annotations

import os
import sys
import time

AFTER = 1.0  #: seconds before it shows
EVERY = 0.1  #: seconds between two states of it
WIDTH = 30
ASCII = ("#", "-")
BLOCKS = ("█", "░")


class Line:
    """A line on standard error that changes while something goes on; a context manager.

    It shows only on a terminal that can move its cursor, after a second, and is gone at the end.
    """

    def __init__(self, *, on: bool = True) -> None:
        self._on = on and _shows()
        self._next = time.monotonic() + AFTER
        self._shown = False

    def __exit__(self, *_: object) -> None:
        if self._shown:
            _tell("\r\033[K")

    def text(self) -> str:
        """What it is to say now."""
        raise NotImplementedError

    def changed(self) -> None:
        """Show how it stands, unless it was shown just now."""
        if self._on and (now := time.monotonic()) >= self._next:
            self._next = now + EVERY
            self._shown = True
            _tell(f"\r\033[K{self.text()}")


class Progress(Line):
    """How many of `total` files are done."""

    def __init__(self, total: int) -> None:
        super().__init__(on=total > 1)
        self._total = total
        self._done = 0

    def __enter__(self) -> Progress:
        return self

    def step(self) -> None:
        """One more file is done."""
        self._done += 1
        self.changed()

    def text(self) -> str:
        """The bar and the numbers."""
        return f"{bar(self._done, self._total)} {self._done}/{self._total} files"


def bar(done: int, total: int) -> str:
    """A bar of which as much is full as is done of the total."""
    full = min(WIDTH, WIDTH * done // max(total, 1))
    utf8 = (getattr(sys.stderr, "encoding", "") or "").lower().startswith("utf")
    filled, left = BLOCKS if utf8 else ASCII
    drawn = filled * full + left * (WIDTH - full)
    return drawn if os.environ.get("NO_COLOR") else f"\033[36m{drawn}\033[0m"


def _shows() -> bool:
    if os.environ.get("TERM", "dumb") == "dumb" or sys.stderr is None:
        return False
    try:
        return sys.stderr.isatty()
    except ValueError:  # closed
        return False


def _tell(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        return
