"""`dockgate db update`: sources -> a new index in place of the old one, whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dockgate.builder.vulnerabilities.database import (
    FORMAT,
    INDEXES,
    SCHEMA,
    Coverage,
    default_path,
    now,
    open_database,
    packed,
)
from dockgate.builder.vulnerabilities.ecosystems import normalized
from dockgate.builder.vulnerabilities.osv import Record, covers
from dockgate.builder.vulnerabilities.rating import Rating, worse
from dockgate.builder.vulnerabilities.sources import Source, open_source
from dockgate.linter.errors import UnfinishedError

#: The share of a source's records that name an ecosystem, from which on the source is taken to
#: hold all that is known of it. In PyPI's zip a few records name npm's packages too.
_OWN_SHARE = 0.5


def update(places: Sequence[str], path: Path | None = None) -> dict[str, Coverage]:
    """Take the data of all `places` into the index; what there is now.

    Ecosystems that a source holds are replaced, the others stay. Raises UsageError, and
    UnfinishedError, which leaves the index as it was.
    """
    path = path or default_path()
    with contextlib.suppress(FileExistsError):
        path.parent.mkdir(parents=True, mode=0o700)
    fd, scratch = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    os.close(fd)
    try:
        with contextlib.closing(_start(path, scratch)) as file:
            for place in places:
                with open_source(place) as source:
                    _take(file, source)
            with file:
                file.executescript(INDEXES)
                file.execute("ANALYZE")
        os.chmod(scratch, 0o644)
        os.replace(scratch, path)
    except sqlite3.Error as error:
        raise UnfinishedError(f"{path}: cannot be written: {error}") from None
    except OSError as error:
        raise UnfinishedError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(scratch)
    database = open_database(path)
    if database is None:
        raise UnfinishedError(f"{path}: is gone")
    with database:
        return database.coverage()


def _start(path: Path, scratch: str) -> sqlite3.Connection:
    """A new index with what the old one holds, where that can be read."""
    file = sqlite3.connect(scratch, isolation_level=None)
    file.execute("PRAGMA journal_mode = OFF")  # a file that is not finished is thrown away
    file.execute("PRAGMA synchronous = OFF")
    file.executescript(SCHEMA)
    file.execute("INSERT INTO meta VALUES ('format', ?)", (FORMAT,))
    try:
        old = open_database(path)
    except UnfinishedError:
        return file  # damaged, or of another version: it starts anew
    if old is not None:
        old.close()
        file.execute("ATTACH ? AS old", (f"{path.resolve()}",))
        for table in ("coverage", "record", "affected", "rating"):
            file.execute(f"INSERT INTO {table} SELECT * FROM old.{table}")  # noqa: S608 - ours
        file.execute("DETACH old")
    return file


def _take(file: sqlite3.Connection, source: Source) -> None:
    """One source into the index."""
    seen: Counter[str] = Counter()
    releases: dict[str, set[str]] = {}
    held = 0
    file.execute("BEGIN")
    file.execute("CREATE TEMP TABLE taken (number INTEGER PRIMARY KEY)")
    replaced = _Replaced(file)
    for record in source.records():
        held += 1
        bases = {one.ecosystem.partition(":")[0] for one in record.affected}
        seen.update(bases)
        for one in record.affected:
            releases.setdefault(one.ecosystem.partition(":")[0], set()).add(one.ecosystem)
        replaced.put(record)
    own = sorted(name for name, count in seen.items() if count >= _OWN_SHARE * held)
    if not own:
        own = sorted(seen)  # a zip of everything
    if not own:
        raise UnfinishedError(f"{source.name}: holds no OSV records with packages: nothing changed")
    replaced.forget_others(own)
    as_of = (source.as_of or datetime.fromisoformat("1970-01-01T00:00:00+00:00")).isoformat()
    for name in own:
        row = (
            name, as_of, now().isoformat(), seen[name], source.name,
            json.dumps(sorted(releases[name])),
        )  # fmt: skip
        file.execute("INSERT OR REPLACE INTO coverage VALUES (?, ?, ?, ?, ?, ?)", row)
    file.execute("DROP TABLE taken")
    file.execute("COMMIT")


class _Replaced:
    """Writes a source's records over those that are there."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        self._numbers = file.execute("SELECT coalesce(max(number), 0) FROM record").fetchone()[0]

    def put(self, record: Record) -> None:
        """The record, unless the same is there in a later version."""
        run = self._file.execute
        found = run("SELECT number, modified FROM record WHERE id = ?", (record.id,)).fetchone()
        if found is not None:
            if found[1] > record.modified:
                run("INSERT OR IGNORE INTO taken VALUES (?)", (found[0],))
                return
            self._forget(found[0])
        if record.withdrawn or not record.affected:
            return
        self._numbers += 1
        number = self._numbers
        run(
            "INSERT INTO record VALUES (?, ?, '', ?, ?, ?, ?)",
            (number, record.id, record.modified, json.dumps(record.aliases),
             json.dumps(record.upstream), record.title),
        )  # fmt: skip
        run("INSERT INTO taken VALUES (?)", (number,))
        rating = Rating()
        for one in record.affected:
            rating = worse(rating, one.rating)
            name = normalized(one.ecosystem, one.name)
            run(
                "INSERT INTO affected VALUES (?, ?, ?, ?)",
                (one.ecosystem, name, number, packed(one)),
            )
        if rating.score is not None and not record.upstream:
            # Of its own vulnerability: an erratum's score is that of the worst it mends.
            for cve in covers(record.id, record.aliases, []):
                run("INSERT INTO rating VALUES (?, ?, ?, ?)", (cve, number, *rating))

    def forget_others(self, ecosystems: Sequence[str]) -> None:
        """Take away what earlier sources of these ecosystems held and this one does not.

        `source` of a record names the ecosystems that its source holds all of.
        """
        source = "\n".join(ecosystems)
        stale = [
            number
            for number, old in self._file.execute(
                "SELECT number, source FROM record WHERE source != '' "
                "AND number NOT IN (SELECT number FROM taken)"
            ).fetchall()
            if set(old.split("\n")) <= set(ecosystems)
        ]
        for number in stale:
            self._forget(number)
        self._file.execute("UPDATE record SET source = ? WHERE source = ''", (source,))

    def _forget(self, number: int) -> None:
        for query in (
            "DELETE FROM record WHERE number = ?",
            "DELETE FROM affected WHERE record = ?",
            "DELETE FROM rating WHERE record = ?",
        ):
            self._file.execute(query, (number,))
