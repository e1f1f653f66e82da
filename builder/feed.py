"""Bytes that are made while a child process reads them, as a file that it can open."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

from dockgate.linter.errors import UnfinishedError


class Feed:
    """Pieces of bytes as a file that a child can open, while it runs.

    Where making the pieces fails, the child sees the file end early; the error is raised when the
    block ends.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._error: Exception | None = None
        self.read_end, self._write_end = os.pipe()
        self.path = f"/dev/fd/{self.read_end}"
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> Feed:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.read_end)  # nobody reads any more: a write that waits ends
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _write(self) -> None:
        try:
            with os.fdopen(self._write_end, "wb", buffering=0) as file:
                for piece in self._pieces:
                    _write_all(file.fileno(), piece)
        except BrokenPipeError:
            pass  # the child has ended, and says why
        except (OSError, UnfinishedError) as error:
            self._error = UnfinishedError(f"the image cannot be loaded: {error}")


def _write_all(descriptor: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(descriptor, left) :]
