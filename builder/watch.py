"""How far the reading of an image is, for people at a terminal: bytes and their rate."""

from __future__ import annotations

import time

from dockgate.builder.unpack import Section
from dockgate.linter.configuration.sizes import human_size
from dockgate.linter.progress import Line, bar


class Watch(Line):
    """The bytes that have been read, of as many as were announced; a context manager."""

    def __init__(self) -> None:
        super().__init__()
        self._total = 0
        self._done = 0
        self._since = time.monotonic()

    def __enter__(self) -> Watch:
        return self

    def expect(self, size: int) -> None:
        """`size` bytes more will be read."""
        self._total += size

    def add(self, size: int) -> None:
        """`size` bytes have been read."""
        self._done += size
        self.changed()

    def text(self) -> str:
        """The bar where the end is known, the bytes, and how many there are in a second."""
        rate = self._done / max(time.monotonic() - self._since, 1e-3)
        told = f"{human_size(int(rate))}/s"
        if self._total < self._done:  # a folder tells nobody beforehand how much there is in it
            return f"reading the image: {human_size(self._done)}, {told}"
        return f"{bar(self._done, self._total)} {human_size(self._done)} of " + (
            f"{human_size(self._total)}, {told}"
        )


class WatchedSection(Section):
    """A blob that tells how far it has been read."""

    __slots__ = ("_section", "_watch", "size")

    def __init__(self, section: Section, watch: Watch) -> None:
        self._section = section
        self._watch = watch
        self.size = section.size

    def read(self, size: int) -> bytes:
        """At most `size` bytes from where the last call ended; b"" at the end."""
        data = self._section.read(size)
        self._watch.add(len(data))
        return data

    def again(self) -> Section:
        """The same blob from its start: a second reading, which does not count."""
        return self._section.again()

    def close(self) -> None:
        """Give back what is open."""
        self._section.close()
