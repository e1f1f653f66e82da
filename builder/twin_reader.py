"""Large files by their content, so that those that an image holds twice can be told."""

from __future__ import annotations

import hashlib

from dockgate.rules.image.size.image_duplicate_file import LARGE, READER
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.reading import Json, Want

NAME = READER


class TwinReader:
    """Files from `LARGE` bytes on, of any size."""

    name = NAME
    version = "1"
    wants = (Want(smallest=LARGE),)

    def open(self, _entry: Entry) -> TwinStream:
        """What takes one file's pieces."""
        return TwinStream()


class TwinStream:
    """One file that is hashed."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def feed(self, piece: bytes) -> None:
        """Hash the next piece."""
        self._hash.update(piece)

    def end(self) -> Json:
        """The digest: 32 hexadecimal digits are enough to tell files apart."""
        return self._hash.hexdigest()[:32]


def reader(_settings: Settings) -> TwinReader:
    """The reader; see readers.py."""
    return TwinReader()
