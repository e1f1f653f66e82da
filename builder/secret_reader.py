"""Secrets in the files of layers, as a reader: the search of the linter, piece by piece.

Archives and databases are looked into, too (secret_archives.py, secret_databases.py). What a value
tells besides where it stands is a mark of a few bits: no secret is kept.
"""

from __future__ import annotations

import tempfile
from typing import IO, Any

from dockgate.builder import secret_archives, secret_databases
from dockgate.builder.bounds import MAX_SECRETS, MIB
from dockgate.linter.configuration.sizes import human_size
from dockgate.linter.secret_search import paths
from dockgate.linter.secret_search.file_search import FileSearch
from dockgate.rules.pattern import pattern
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import FileSecret
from dockgate.rules.subjects.reading import Json, ReadError, Want
from dockgate.rules.subjects.secret import Secret
from dockgate.rules.subjects.text import Span

NAME = "secrets"

#: Bytes of an archive or a database that is looked into; a larger one leaves the scan undecided.
MAX_CONTAINER = 512 * MIB
#: Bytes of it that are kept in memory, the others in an unnamed temporary file.
IN_MEMORY = 8 * MIB


#: The system's own shared libraries: half of all bytes in a usual image, and no place for a token.
_SYSTEM_LIBRARY = pattern(r"(?:usr/)?lib(?:32|64|x32)?/.*\.so(?:\.[0-9.]+)?")


class SecretReader:
    """Every file of every layer, of any size, but the system's libraries."""

    name = NAME
    wants = (Want(smallest=1),)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.version = "4" + _told(settings)

    def open(self, entry: Entry) -> SecretStream | None:
        """The search through one file; None for documents, tests and libraries of packages."""
        if ".so" in entry.path and _SYSTEM_LIBRARY.fullmatch(entry.path):
            return None
        if paths.is_example(entry.path):
            return None
        return SecretStream(entry, self._settings)


def _told(settings: Settings) -> str:
    """What of the settings decides the values, as a hash: the salt is nobody else's."""
    from hashlib import sha256

    if not settings.secret_names and not settings.secret_salt:
        return ""
    what = repr((settings.secret_names, settings.secret_salt))
    return "-" + sha256(what.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class SecretStream:
    """One file that is searched."""

    def __init__(self, entry: Entry, settings: Settings) -> None:
        self._path = path = entry.path
        self._whole = entry.size
        self._settings = settings
        self._search = FileSearch(path, settings.secret_names, settings.secret_salt)
        self._found: list[FileSecret] = []
        self._kind = ""  # of a container
        self._held: IO[bytes] | None = None
        self._size = 0
        self._unended = False  # pieces were searched, and the last was not among them

    def feed(self, piece: bytes) -> None:
        """Search the next piece, or put it by where the whole is needed."""
        if not self._size:
            self._kind = secret_archives.kind(piece) or secret_databases.kind(piece)
            if self._kind:
                self._held = tempfile.SpooledTemporaryFile(IN_MEMORY, prefix="dockgate-")  # noqa: SIM115
        self._size += len(piece)
        if self._kind in ("", secret_databases.SQLITE):  # what was deleted in it lies there as well
            self._unended = self._size < self._whole
            self._add(self._search.feed(piece, last=not self._unended))
        if self._held is not None:
            if self._size > MAX_CONTAINER:
                self._close()
                raise ReadError(
                    f"a {self._kind} of more than {human_size(MAX_CONTAINER)} is not looked into"
                )
            self._held.write(piece)
            if self._size >= self._whole:
                self._look_into(self._held)

    def end(self) -> Json:
        """The redacted secrets as rows."""
        self._close()
        if self._unended:  # the file has become shorter
            self._unended = False
            self._add(self._search.feed(b"", last=True))
        return [
            [
                s.kind, s.span.start, s.span.end, s.redacted, s.line, s.certain,
                found.private_key, found.inside, s.mark, s.allow,
            ]
            for found in self._found
            for s in (found.secret,)
        ] or None  # fmt: skip

    def _look_into(self, file: IO[bytes]) -> None:
        file.seek(0)
        if self._kind == secret_databases.SQLITE:
            known = {one.secret.mark for one in self._found}
            for one in secret_databases.search(file, self._path, self._settings):
                if one.secret.mark not in known:
                    self._add([one])
            return
        try:
            for found in secret_archives.search(file, self._kind, self._path, self._settings):
                self._add(found)
        except secret_archives.DamagedError:
            file.seek(0)  # no archive, then: as any other file
            for found in self._search.through(file.read, IN_MEMORY):
                self._add(found)

    def _add(self, found: list[FileSecret]) -> None:
        self._found += found
        if len(self._found) > MAX_SECRETS:
            raise ReadError(f"more than {MAX_SECRETS:,} secrets")

    def _close(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None


def secrets_of(values: dict[str, Any]) -> list[FileSecret]:
    """The secrets of a layer from the reader's values, in the order of the files."""
    return [
        FileSecret(
            path.partition("//")[0],
            Secret(kind, Span(start, end), redacted, line, certain, mark, allow),
            private,
            inside,
        )
        for path, rows in values.items()
        for kind, start, end, redacted, line, certain, private, inside, mark, allow in rows
    ]


def reader(settings: Settings) -> SecretReader:
    """The reader; see readers.py."""
    return SecretReader(settings)
