"""Where vulnerability data comes from: zips as osv.dev serves them, or folders of JSON files.

All of it is hostile: sizes, counts and ratios are bounded, and no name in a zip becomes a path.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import BinaryIO
from urllib.parse import urlsplit

from dockgate.builder.vulnerabilities.osv import Record, parse
from dockgate.linter.configuration.sizes import human_size
from dockgate.linter.errors import UnfinishedError, UsageError
from dockgate.rules.subjects.image import shown

MIB = 1 << 20
#: Bytes of a zip. osv.dev's of all ecosystems together has about 1 GiB, Debian's 60 MiB.
MAX_ZIP = 4096 * MIB
#: Bytes of all files of one source, unpacked, and how often the zip's own size they may be.
MAX_UNPACKED = 32_768 * MIB
MAX_RATIO = 60
FREE_UNPACKED = 64 * MIB
#: Files of one source; all of osv.dev has about 700,000.
MAX_FILES = 3_000_000
#: Bytes of one record; the longest of the Linux kernel have 5 MiB.
MAX_RECORD = 32 * MIB
#: Seconds of silence from a server, and for a whole download.
SILENCE = 60.0
MAX_SECONDS = 3_600.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NO_DATE = 1980  #: the year of a member of a zip that has none


class Source:
    """A source that is open: `records` gives what is in it, and then `as_of` its day."""

    def __init__(self, name: str) -> None:
        self.name = name  #: the file or address, without what a login in it would tell
        self.as_of: datetime | None = None  #: when it was made, as far as the data tells

    def records(self) -> Iterator[Record]:
        """Every record. Raises UnfinishedError, one line, for the first that is none."""
        raise NotImplementedError

    def _seen(self, when: datetime | None) -> None:
        latest = datetime.now(UTC) + timedelta(days=1)
        if when is not None and when <= latest and (self.as_of is None or when > self.as_of):
            self.as_of = when

    def _record(self, data: bytes, place: str) -> Record:
        try:
            record = parse(json.loads(data))
        except (ValueError, RecursionError) as error:
            raise UnfinishedError(f"{self.name}: {shown(place)}: {shown(str(error))}") from None
        self._seen(_time(record.modified))
        return record


class ZipSource(Source):
    """A zip with a JSON file for each record."""

    def __init__(self, file: BinaryIO, name: str, made: datetime | None = None) -> None:
        super().__init__(name)
        self._file = file
        self._seen(made)

    def records(self) -> Iterator[Record]:
        """Of a member's date the day counts too: that is when the zip was made."""
        size = os.fstat(self._file.fileno()).st_size
        left = min(MAX_UNPACKED, max(FREE_UNPACKED, MAX_RATIO * size))
        try:
            with zipfile.ZipFile(self._file) as archive:
                members = [one for one in archive.infolist() if not one.is_dir()]
                if len(members) > MAX_FILES:
                    raise UnfinishedError(f"{self.name}: has more than {MAX_FILES:,} files")
                for member in members:
                    if not member.filename.endswith(".json"):
                        continue
                    with archive.open(member) as file:
                        data = file.read(MAX_RECORD + 1)
                    left -= len(data)
                    if len(data) > MAX_RECORD or left < 0:
                        raise UnfinishedError(
                            f"{self.name}: {shown(member.filename)} unpacks to more than it may "
                            "(a decompression bomb?)"
                        )
                    self._seen(_member_time(member))
                    yield self._record(data, member.filename)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError,
                ValueError, OSError) as error:  # fmt: skip
            raise UnfinishedError(f"{self.name}: is no zip of OSV records: {error}") from None


class FolderSource(Source):
    """A folder with JSON files, however deep."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._path = path

    def records(self) -> Iterator[Record]:
        """In a fixed order; links are not followed."""
        count = 0
        left = MAX_UNPACKED
        for folder, folders, names in os.walk(self._path):
            folders.sort()
            for name in sorted(names):
                if not name.endswith(".json"):
                    continue
                place = os.path.join(folder, name)
                data = _small_file(place)
                count += 1
                left -= len(data)
                if count > MAX_FILES or left < 0:
                    raise UnfinishedError(f"{self.name}: holds more than {MAX_FILES:,} files")
                yield self._record(data, os.path.relpath(place, self._path))


@contextmanager
def open_source(place: str) -> Iterator[Source]:
    """The zip, folder or address `place`.

    Raises UsageError for what is none of them, UnfinishedError when it cannot be had.
    """
    if "://" in place:
        with _downloaded(place) as source:
            yield source
    elif os.path.isdir(place):
        yield FolderSource(place)
    else:
        try:
            file = open(place, "rb")  # noqa: SIM115 - closed below
        except OSError as error:
            raise UsageError(f"{place}: {error.strerror}") from None
        with file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_ZIP:
                raise UsageError(f"{place}: is no zip of OSV records")
            yield ZipSource(file, place)


@contextmanager
def _downloaded(address: str) -> Iterator[Source]:
    """What a server gives, in an unnamed temporary file."""
    import time

    import httpx

    parts = urlsplit(address)
    name = f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise UsageError(f"{shown(name)}: vulnerability data is taken over https alone")
    deadline = time.monotonic() + MAX_SECONDS
    size = 0
    with tempfile.TemporaryFile(prefix="dockgate-") as file:
        try:
            with httpx.stream("GET", address, timeout=SILENCE, follow_redirects=False) as answer:
                if answer.status_code != 200:
                    raise UnfinishedError(f"{shown(name)}: answers with {answer.status_code}")
                for piece in answer.iter_bytes():
                    size += len(piece)
                    if size > MAX_ZIP or time.monotonic() > deadline:
                        raise UnfinishedError(
                            f"{shown(name)}: gives more than {human_size(MAX_ZIP)}, or too slowly"
                        )
                    file.write(piece)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            said = shown(str(error)) or type(error).__name__
            raise UnfinishedError(f"{shown(name)}: cannot be downloaded: {said}") from None
        file.seek(0)
        yield ZipSource(file, shown(name))


def _small_file(place: str) -> bytes:
    try:
        fd = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise UnfinishedError(f"{place}: is no file")
            data = file.read(MAX_RECORD + 1)
    except OSError as error:
        raise UnfinishedError(f"{place}: {error.strerror}") from None
    if len(data) > MAX_RECORD:
        raise UnfinishedError(f"{place}: is larger than any OSV record")
    return data


def _member_time(member: zipfile.ZipInfo) -> datetime | None:
    if member.date_time[0] <= _NO_DATE:
        return None
    try:
        return datetime(*member.date_time, tzinfo=UTC)
    except ValueError:
        return None


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
