"""Java packages, from archives wherever they lie."""

from __future__ import annotations

from collections.abc import Iterable

from dockgate.builder.packages.jar import SUFFIXES, Jar
from dockgate.builder.packages.manifest import kept, package, stated
from dockgate.builder.packages.package import Package
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import MIB, Content, Json, Want

NAME = "maven"

#: Bytes of an archive.
MAX_ARCHIVE = 1024 * MIB


class MavenReader:
    """Rows of coordinates; their place is the path in the archive."""

    name = NAME
    version = "1"
    wants = (Want(suffixes=SUFFIXES, largest=MAX_ARCHIVE),)

    def read(self, entry: Entry, content: Content) -> Json:
        """None for what is no archive. Raises ReadError for one past a bound."""
        with content.file() as file:
            return kept(Jar(content.size).rows(file, entry.path))


def packages(image: Image) -> Iterable[Package]:
    """What each archive states, those in it among them."""
    for row, layer, path in stated(image, NAME):
        yield package(NAME, row, layer, path + row.place)


def reader(_settings: Settings) -> MavenReader:
    """The reader; see readers.py."""
    return MavenReader()
