"""A file of a layer while readers look at it: in memory, or when it is large in a spool."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from typing import BinaryIO

from dockgate.builder.bounds import ImageError
from dockgate.linter.configuration.sizes import human_size
from dockgate.rules.subjects.reading import START, ReadError


class Held:
    """`reading.Content` of a file that is in memory, or of which only the start is."""

    def __init__(self, size: int, head: bytes) -> None:
        self.size = size
        self._head = head
        self.start = head if len(head) <= START else head[:START]

    def data(self) -> bytes:
        """All of it."""
        if len(self._head) < self.size:
            raise ReadError("only the start of it was asked for")
        return self._head

    def file(self) -> BinaryIO:
        """All of it, from its start."""
        return io.BytesIO(self.data())

    def close(self) -> None:
        """Nothing is open."""


class Spooled(Held):
    """`reading.Content` in an unnamed temporary file, which only this process can see."""

    def __init__(self, size: int, head: bytes) -> None:
        super().__init__(size, head)
        try:
            self._spool = tempfile.TemporaryFile(prefix="dockgate-", buffering=0)  # noqa: SIM115
        except OSError as error:
            raise self._full(error) from None
        self.add(head)

    def add(self, piece: bytes) -> None:
        """Take the next piece of the file."""
        try:
            view = memoryview(piece)
            while view:
                view = view[self._spool.write(view) :]
        except OSError as error:
            self.close()
            raise self._full(error) from None

    def pass_on(self, read: Callable[[int], bytes], size: int) -> bytes:
        """Read the next bytes of the file, for others too."""
        piece = read(size)
        if piece:
            self.add(piece)
        return piece

    def take_rest(self, read: Callable[[int], bytes], size: int) -> None:
        """Take what nobody else has read, in pieces of `size` bytes."""
        while self.pass_on(read, size):
            pass

    def _full(self, error: OSError) -> ImageError:
        return ImageError(
            f"a file of {human_size(self.size)} cannot be kept in {tempfile.gettempdir()} while "
            f"it is read: {error.strerror}"
        )

    def data(self) -> bytes:
        """All of it, in memory."""
        return self.file().read()

    def file(self) -> BinaryIO:
        """All of it, from its start."""
        self._spool.seek(0)
        return io.BufferedReader(io.FileIO(os.dup(self._spool.fileno()), closefd=True))

    def close(self) -> None:
        """Give the disk space back."""
        self._spool.close()
