"""How much of an image is read at most. All input is hostile: past a bound comes an ImageError."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from dockgate.linter.configuration.sizes import human_size
from dockgate.linter.errors import UnfinishedError
from dockgate.rules.subjects.image import shown

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

#: Bytes of a manifest, an index or an image configuration. Registries should take manifests of
#: 4 MiB (OCI distribution-spec 1.1, "Pushing Manifests"); a configuration is held in memory alike.
MAX_MANIFEST = 4 * MIB
#: Bytes of all such documents of one source.
MAX_DOCUMENTS = 16 * MIB
#: Indexes within indexes. The distribution has one level, and attestations none more.
MAX_INDEX_DEPTH = 8
#: Manifests and indexes of one source; the largest official images have about 40.
MAX_MANIFESTS = 1_000
#: Layers of one image. Engines stop at 127 (overlay2) or less.
MAX_LAYERS = 1_000
#: Bytes of all unpacked layers of one source.
MAX_UNPACKED = 64 * GIB
#: Unpacked bytes that are always allowed, and how many for each stored byte above that. Layers of
#: real software unpack to 2 to 10 times their size; deflate reaches 1,032 times with zeros only.
FREE_UNPACKED = 1 * GIB
MAX_RATIO = 100
#: Entries (files, folders, links) of one source, and the bytes of memory that they and their names
#: take. Real images have names of 20 bytes in folders of ten files: a million are 200 MiB.
MAX_ENTRIES = 1_000_000
MAX_NAMES = 256 * MIB
#: Bytes of one path or link target: PATH_MAX of Linux.
MAX_PATH = 4096
#: Folders in one path; real trees (node_modules at their worst) have about 40.
MAX_PATH_DEPTH = 256
#: Bytes of one extended header; Go's archive/tar, which engines read layers with, takes no more.
MAX_EXTENDED_HEADER = 1 * MIB
#: Hard links of one layer that are wanted under their own names: each is held in memory.
MAX_LINKED = 100_000
#: Secrets told of one layer; a file may be made of nothing else.
MAX_SECRETS = 10_000
#: Bytes of JSON of what readers make of the files of one source.
MAX_VALUES = 32 * MIB
#: Characters of an error's text.
MAX_ERROR = 1_000
#: Seconds for all layers of one source.
MAX_SECONDS = 1_800.0


class ImageError(UnfinishedError):
    """An image that cannot be read whole, so nothing is said of it: one line, what and where.

    The text may quote what the image says: control characters and all that is too long are gone.
    """

    def __init__(self, text: str) -> None:
        super().__init__(shown(text, MAX_ERROR))


@contextmanager
def where(place: str) -> Iterator[None]:
    """Put `place: ` before the text of an ImageError that is raised inside."""
    try:
        yield
    except ImageError as error:
        raise ImageError(f"{place}: {error}") from None


class Budget:
    """What one source may still cost; `take` and `entries` raise ImageError when it is spent."""

    __slots__ = ("_deadline", "_entries", "_left", "_limit", "_names", "_stored", "_values")

    def __init__(self) -> None:
        self._stored = 0
        self._limit = self._left = FREE_UNPACKED
        self._entries = MAX_ENTRIES
        self._names = MAX_NAMES
        self._values = MAX_VALUES
        self._deadline = time.monotonic() + MAX_SECONDS

    def allow(self, stored: int) -> None:
        """Let `stored` further bytes, as they lie there, be unpacked."""
        self._stored += stored
        limit = min(MAX_UNPACKED, max(FREE_UNPACKED, MAX_RATIO * self._stored))
        self._left += limit - self._limit
        self._limit = limit

    def take(self, size: int) -> None:
        """Count `size` unpacked bytes."""
        self._left -= size
        if self._left < 0:
            raise ImageError(
                f"unpacks to more than {human_size(self._limit)}, which no image of its size does "
                "(a decompression bomb?): do not use it"
            )
        if time.monotonic() > self._deadline:
            raise ImageError(f"was not read within {MAX_SECONDS:.0f} seconds: split the image")

    def give(self, size: int) -> None:
        """Let `size` bytes that were counted be unpacked a second time."""
        self._left += size

    def value(self, size: int) -> None:
        """Count `size` bytes of JSON that a reader made of a file."""
        self._values -= size
        if self._values < 0:
            raise ImageError(f"has packages and findings of more than {human_size(MAX_VALUES)}")

    def entries(self, count: int, names: int) -> None:
        """Count as many entries, which take `names` bytes of memory together."""
        self._entries -= count
        self._names -= names
        if self._entries < 0:
            raise ImageError(f"has more than {MAX_ENTRIES:,} files: scan one platform, or split it")
        if self._names < 0:
            raise ImageError(f"has file names of more than {human_size(MAX_NAMES)}: split it")
