"""Alpine packages (Alpine, Wolfi, Chainguard, postmarketOS), from apk's database.

https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from string import ascii_letters
from typing import BinaryIO

from dockgate.builder.packages.database import Row, collect, installed, line, package, records, word
from dockgate.builder.packages.distro import distro_of
from dockgate.builder.packages.package import Package
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image, shown
from dockgate.rules.subjects.reading import MIB, Content, Json, ReadError, Want

NAME = "apk"

#: apk 2, and apk 3 where /lib is a link to usr/lib.
PATHS = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
#: Bytes; it names every file of every package.
MAX_DATABASE = 64 * MIB

_FIELDS = frozenset(b"PVAoLm")  #: name, version, architecture, origin, licence, maintainer
_LETTERS = frozenset(ascii_letters.encode())


class ApkReader:
    """Rows of databases."""

    name = NAME
    version = "1"
    wants = (Want(paths=PATHS, largest=MAX_DATABASE),)

    def read(self, entry: Entry, content: Content) -> Json:  # noqa: ARG002
        """Raises ReadError for a damaged database."""
        return collect(_rows(content.file()))


def packages(image: Image) -> Iterable[Package]:
    """The installed packages."""
    distro = distro_of(image)
    for one in installed(image, NAME):
        yield package("apk", one, distro)


def _rows(file: BinaryIO) -> Iterator[Row]:
    for fields in records(file, _field):
        name = word(fields.get(b"P", ""), "a package's name")
        version = word(fields.get(b"V", ""), f"the version of {name}")
        arch = fields.get(b"A", "")
        if arch:
            word(arch, f"the architecture of {name}")
        # an origin is built as a whole: its version is that of all its packages
        origin = word(fields.get(b"o") or name, f"the origin of {name}")
        stated = line(fields.get(b"L", ""))
        licenses = (stated,) if stated else ()
        yield Row(name, version, arch, origin, version, licenses, line(fields.get(b"m", "")))


def _field(row: bytes) -> tuple[bytes, bytes] | None:
    """A line is a letter, a colon and the value."""
    if row[1:2] != b":" or row[0] not in _LETTERS:
        raise ReadError(f"is damaged: {shown(row.decode('utf-8', 'replace').strip(), 60)!r}")
    return (row[:1], row[2:]) if row[0] in _FIELDS else None


def reader(_settings: Settings) -> ApkReader:
    """The reader; see readers.py."""
    return ApkReader()
