"""rpmdb.sqlite: rpm's database since 4.16, in Fedora 33, RHEL 9, Amazon Linux 2023, Azure Linux.

rpm's lib/backend/sqlite.c: the table `Packages` has a number and a header in each row.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import tempfile
from collections.abc import Iterator
from contextlib import closing
from shutil import copyfileobj
from time import monotonic
from typing import BinaryIO
from urllib.parse import quote

from dockgate.builder.packages.rpmdb.header import MAX_HEADER
from dockgate.rules.subjects.image import shown
from dockgate.rules.subjects.reading import MIB, ReadError

MAGIC = b"SQLite format 3\0"
#: Seconds, and SQLite's own steps between two looks at the clock.
MAX_SECONDS = 20.0
_STEPS = 100_000
_PIECE = 1 * MIB

#: Of the file's header: size of a page, changes of the file, pages, and for which change they
#: were counted. https://www.sqlite.org/fileformat2.html#the_database_header
_START = struct.Struct(">16xH6xII60xI4x")
_WAL_HEADER, _FRAME_HEADER = 32, 24
_WAL_MAGICS = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")

_TABLE = "SELECT type, sql FROM sqlite_master WHERE name = 'Packages'"
_ROWS = "SELECT blob FROM Packages"


def headers(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The headers in a database of `size` bytes. Raises ReadError.

    SQLite needs a file of its own: a private one, which is opened such that nothing is written,
    nothing of its schema is run, and no other file beside it is looked at.
    """
    _check_size(file, size)
    with tempfile.NamedTemporaryFile(prefix="dockgate-") as copy:
        copyfileobj(file, copy, _PIECE)
        copy.flush()
        try:
            uri = f"file:{quote(os.path.abspath(copy.name))}?mode=ro&immutable=1"
            with closing(sqlite3.connect(uri, uri=True)) as database:
                yield from _headers(database, size)
        except sqlite3.Error as error:
            raise ReadError(f"is damaged: SQLite says {shown(str(error), 100)!r}") from None
        except UnicodeDecodeError:  # what SQLite says quotes the file
            raise ReadError("is damaged: its schema is no text") from None


def _check_size(file: BinaryIO, size: int) -> None:
    """SQLite reads a file that was cut off as long as it happens not to need what is gone."""
    start = file.read(_START.size)
    file.seek(0)
    if len(start) < _START.size:
        raise ReadError("is damaged: it ends too early")
    page_size, changes, pages, counted = _START.unpack(start)
    if page_size == 1:  # of two bytes, which cannot hold 65,536
        page_size = 65_536
    if changes == counted and pages * page_size > size:
        raise ReadError(f"is damaged: it should have {pages} pages of {page_size} bytes")


def _headers(database: sqlite3.Connection, left: int) -> Iterator[bytes]:
    end = monotonic() + MAX_SECONDS
    database.set_progress_handler(lambda: monotonic() > end, _STEPS)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_HEADER)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")
    database.execute("PRAGMA temp_store = MEMORY")
    database.set_authorizer(_allowed)
    database.text_factory = bytes
    kind, sql = database.execute(_TABLE).fetchone() or (b"", b"")
    if kind != b"table" or not isinstance(sql, bytes) or b"virtual" in sql.lower():
        raise ReadError("is damaged: it has no table of packages")
    for (blob,) in database.execute(_ROWS):
        if not isinstance(blob, bytes):
            raise ReadError("is damaged: a package in it is no header")
        left -= len(blob)  # rows must not share pages
        if left < 0:
            raise ReadError("is damaged: its packages are larger than itself")
        yield blob


def _allowed(action: int, first: str | None, *_rest: object) -> int:
    """Nothing but reading the two tables: no view's or generated column's function runs."""
    if action == sqlite3.SQLITE_SELECT:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_READ and first in ("Packages", "sqlite_master"):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def pending(wal: bytes, size: int) -> bool:
    """Whether a write-ahead log of `size` bytes, that begins so, may hold what is not yet in the
    database. rpm empties it when it ends; https://www.sqlite.org/fileformat2.html#the_wal_file
    """
    return size > _WAL_HEADER + _FRAME_HEADER and wal.startswith(_WAL_MAGICS)
