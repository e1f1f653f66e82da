"""The index of vulnerability data: one SQLite file, opened in milliseconds, replaced as a whole."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from dockgate.builder.vulnerabilities.osv import Affected
from dockgate.builder.vulnerabilities.rating import Rating
from dockgate.linter.errors import UnfinishedError

FORMAT = "1"  #: of the file; another one is made anew
_NAME = "vulnerabilities.sqlite"
#: Bytes of one row, unpacked; the longest lists of versions have about a million.
MAX_BODY = 16 << 20

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE coverage (ecosystem TEXT PRIMARY KEY, as_of TEXT NOT NULL, imported TEXT NOT NULL,
  records INTEGER NOT NULL, origin TEXT NOT NULL, releases TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE record (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
  modified TEXT NOT NULL, aliases TEXT NOT NULL, upstream TEXT NOT NULL, title TEXT NOT NULL);
CREATE TABLE affected (ecosystem TEXT NOT NULL, name TEXT NOT NULL, record INTEGER NOT NULL,
  body BLOB NOT NULL);
CREATE TABLE rating (id TEXT NOT NULL, record INTEGER NOT NULL, band TEXT NOT NULL, score REAL);
CREATE INDEX by_record ON affected (record);
CREATE INDEX by_rated ON rating (record);
"""
#: Made last, which is quicker.
INDEXES = """
CREATE INDEX by_package ON affected (ecosystem, name);
CREATE INDEX by_id ON rating (id);
"""


class Coverage(NamedTuple):
    """What the data holds of one ecosystem (`Debian`, `PyPI`)."""

    ecosystem: str
    as_of: datetime  #: the day of the data
    imported: datetime
    records: int
    origin: str  #: the file or address that it came from
    releases: tuple[str, ...]  #: ecosystems with their releases: `Debian:12`


class Advisory(NamedTuple):
    """One record, with what it says of one package."""

    id: str
    aliases: list[str]
    upstream: list[str]
    title: str
    affected: Affected


class Database:
    """The data as it lies there, read-only. Raises UnfinishedError where it cannot be read."""

    def __init__(self, path: Path) -> None:
        import sqlite3

        self.path = path
        self._error = sqlite3.Error
        try:
            # Immutable: nobody writes into it, an update puts another file in its place.
            address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            self._file = sqlite3.connect(address, uri=True)
            found = self._file.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        except sqlite3.Error as error:
            raise self._damaged(error) from None
        if found is None or found[0] != FORMAT:
            raise UnfinishedError(
                f"{path}: vulnerability data of another version of dockgate: "
                "run `dockgate db update` again"
            )

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def coverage(self) -> dict[str, Coverage]:
        """What it holds, by ecosystem without release."""
        rows = self._rows("SELECT * FROM coverage ORDER BY ecosystem", ())
        return {
            name: Coverage(
                name,
                datetime.fromisoformat(as_of),
                datetime.fromisoformat(imported),
                count,
                origin,
                tuple(json.loads(releases)),
            )
            for name, as_of, imported, count, origin, releases in rows
        }

    def advisories(self, ecosystem: str, name: str) -> Iterator[Advisory]:
        """What is said of a package in an ecosystem with its release."""
        query = (
            "SELECT r.id, r.aliases, r.upstream, r.title, a.body FROM affected a JOIN record r "
            "ON r.number = a.record WHERE a.ecosystem = ? AND a.name = ? ORDER BY r.id"
        )
        for identity, aliases, upstream, title, body in self._rows(query, (ecosystem, name)):
            yield Advisory(
                identity,
                json.loads(aliases),
                json.loads(upstream),
                title,
                unpacked(ecosystem, name, body),
            )

    def ratings(self, identity: str) -> list[Rating]:
        """How the records that stand for `identity`, a CVE, rate it."""
        rows = self._rows("SELECT band, score FROM rating WHERE id = ?", (identity,))
        return [Rating(band, score) for band, score in rows]

    def _rows(self, query: str, values: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._file.execute(query, values)
        except (self._error, ValueError, zlib.error) as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> UnfinishedError:
        return UnfinishedError(
            f"{self.path}: vulnerability data that cannot be read ({error}): "
            "run `dockgate db update` again"
        )


def default_path() -> Path:
    """Where the data lies: below $XDG_DATA_HOME, mostly ~/.local/share/dockgate."""
    base = os.environ.get("XDG_DATA_HOME", "")
    folder = Path(base) if os.path.isabs(base) else Path.home() / ".local" / "share"
    return folder / "dockgate" / _NAME


def open_database(path: Path | None = None) -> Database | None:
    """The data, None when there is none yet. Raises UnfinishedError for what cannot be read."""
    path = path or default_path()
    return Database(path) if path.exists() else None


def packed(affected: Affected) -> bytes:
    """What of it the name does not say, as a row has it."""
    fields = [affected.ranges, affected.versions, affected.binaries, *affected.rating]
    return zlib.compress(json.dumps(fields, separators=(",", ":")).encode(), 6)


def unpacked(ecosystem: str, name: str, body: bytes) -> Affected:
    """The reverse of `packed`."""
    text = zlib.decompressobj().decompress(body, MAX_BODY)
    ranges, versions, binaries, band, score = json.loads(text)
    events = [(kind, [(event, at) for event, at in given]) for kind, given in ranges]
    return Affected(ecosystem, name, events, versions, binaries, Rating(band, score))


def now() -> datetime:
    """The time in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
