"""Secrets in SQLite databases: text cells, by the names of their columns and by their shape.

The file is somebody else's. It is copied under a name of our own, opened read-only and as one that
does not change, with its schema trusted in nothing, and read for a bounded time.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from typing import IO

from dockgate.builder.bounds import MIB
from dockgate.linter import secrets
from dockgate.linter.secret_search.file_search import FileSearch
from dockgate.rules.secret_names import harmless_value, secret_name
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.image import FileSecret, shown
from dockgate.rules.subjects.reading import ReadError

SQLITE = "SQLite database"
_START = b"SQLite format 3\0"

#: Tables and rows of each that are read, bytes of cells in all, and characters of one.
MAX_TABLES = 500
MAX_ROWS = 100_000
MAX_CELLS = 64 * MIB
MAX_CELL = 20_000
#: Bytes of what SQLite may hold of one value.
MAX_LENGTH = 4 * MIB
#: Seconds for one database, and SQLite's steps after which that is asked.
MAX_SECONDS = 5.0
STEPS = 100_000


def kind(start: bytes) -> str:
    """SQLITE for such a database, "" for anything else."""
    return SQLITE if start.startswith(_START) else ""


def search(file: IO[bytes], path: str, settings: Settings) -> Iterator[FileSecret]:
    """The secrets in its tables. What is damaged ends the search: its bytes are searched anyway."""
    with tempfile.NamedTemporaryFile(prefix="dockgate-", suffix=".db") as copy:
        shutil.copyfileobj(file, copy, 1 * MIB)
        copy.flush()
        yield from _search(copy.name, path, settings)


def _search(copy: str, path: str, settings: Settings) -> Iterator[FileSecret]:
    import sqlite3

    try:
        database = sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)
    except sqlite3.Error:
        return
    try:
        database.text_factory = lambda data: data.decode("utf-8", "replace")
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_LENGTH)
        database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        deadline = time.monotonic() + MAX_SECONDS
        database.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA cell_size_check = ON")
        left = MAX_CELLS
        for table in _tables(database):
            name = table.replace('"', '""')
            rows = database.execute(f'SELECT * FROM "{name}" LIMIT {MAX_ROWS}')  # noqa: S608
            columns = [str(column[0]) for column in rows.description]
            for number, row in enumerate(rows, 1):
                cells = [cell if isinstance(cell, str) else "" for cell in row]
                left -= sum(map(len, cells))
                if left < 0 or number == MAX_ROWS:
                    _require_nameless(columns, table)
                    break
                yield from _in_row(columns, cells, path, table, settings)
    except (sqlite3.Error, UnicodeError, OverflowError, MemoryError):
        return
    finally:
        database.close()


def _require_nameless(columns: list[str], table: str) -> None:
    """Raise ReadError for a table that is not read to its end though a column means secrets."""
    if any(secret_name(column) for column in columns):
        raise ReadError(f"the table {shown(table)!r} is too large to be looked into")


def _tables(database: object) -> list[str]:
    import sqlite3

    assert isinstance(database, sqlite3.Connection)
    rows = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' LIMIT ?",
        (MAX_TABLES,),
    )
    return [str(row[0]) for row in rows]


def _in_row(
    columns: list[str], cells: list[str], path: str, table: str, settings: Settings
) -> Iterator[FileSecret]:
    """The columns as names; and, as settings are kept, a cell as the name of the next one."""
    further = settings.secret_names
    for number, cell in enumerate(cells):
        if not cell or len(cell) > MAX_CELL:
            continue
        names = [columns[number]]
        if number and len(cells[number - 1]) <= 64 and cells[number - 1].isprintable():
            names.append(cells[number - 1])
        for name in names:
            secret = secrets.find_in_value(name, cell, further)
            if secret is None or harmless_value("password", cell):
                continue
            known = secrets.identified(secret, cell, settings.secret_salt)
            place = shown(f"{table}.{columns[number]}")
            yield FileSecret(path, known, FileSearch.is_key(known), place)
            break
