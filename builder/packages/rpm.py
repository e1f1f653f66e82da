"""RPM packages, from rpm's database in each of its three formats."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockgate.builder.packages.database import collect, installed, package
from dockgate.builder.packages.distro import distro_of
from dockgate.builder.packages.package import Package
from dockgate.builder.packages.rpmdb import bdb, header, listing, ndb, sqlite
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import MIB, Content, Json, ReadError, Want

NAME = "rpm"

#: Where distributions keep it: nearly all, Fedora 36 and SUSE, and what ostree builds.
FOLDERS = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
_SQLITE, _NDB, _BDB = "rpmdb.sqlite", "Packages.db", "Packages"
_WAL = _SQLITE + "-wal"
PATHS = tuple(f"{folder}/{name}" for folder in FOLDERS for name in (_SQLITE, _NDB, _BDB))
#: In images of Azure Linux and CBL-Mariner that have no database.
LISTING = "var/lib/rpmmanifest/container-manifest-2"
#: Bytes. A desktop of 5,000 packages has 300 MiB.
MAX_DATABASE = 512 * MIB


class RpmReader:
    """Rows of databases; of a write-ahead log with something in it, True."""

    name = NAME
    version = "1"
    wants = (
        Want(paths=(*PATHS, LISTING), largest=MAX_DATABASE),
        Want(paths=tuple(f"{folder}/{_WAL}" for folder in FOLDERS), smallest=1, whole=False),
    )

    def read(self, entry: Entry, content: Content) -> Json:
        """Raises ReadError for a damaged database."""
        if entry.path.endswith(_WAL):
            return sqlite.pending(content.start, content.size) or None
        if entry.path == LISTING:
            return collect(listing.rows(content.file()))
        return collect(header.row(blob) for blob in headers(content))


def headers(content: Content) -> Iterator[bytes]:
    """By what the file is, whatever its name."""
    start = content.start
    if start.startswith(sqlite.MAGIC):
        return sqlite.headers(content.file(), content.size)
    if start.startswith(ndb.MAGIC):
        return ndb.headers(content.file(), content.size)
    if start[bdb.MAGIC_AT : bdb.MAGIC_AT + 4] in bdb.MAGICS:
        return bdb.headers(content.file(), content.size)
    if not content.size:  # as SQLite leaves it where nothing was ever installed
        return iter(())
    raise ReadError("is no database of a format that rpm has: SQLite, ndb or Berkeley DB")


def packages(image: Image) -> Iterable[Package]:
    """The installed packages of all databases that are there, each once."""
    distro = distro_of(image)
    seen = set()
    for one in installed(image, NAME):
        if one.row[:3] not in seen:
            seen.add(one.row[:3])
            yield package("rpm", one, distro)


def gaps(image: Image) -> list[str]:
    """Logs that were not written into their database."""
    return [
        f"/{path} holds changes that are not in the database yet: run rpm --rebuilddb"
        for path, (_, value) in sorted(image.found(NAME).items(), key=lambda item: item[0])
        if value is True
    ]


def reader(_settings: Settings) -> RpmReader:
    """The reader; see readers.py."""
    return RpmReader()
