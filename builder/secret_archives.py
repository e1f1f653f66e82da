"""Secrets in archives: zip (jar, whl, egg), tar, and what gzip or zstd have compressed.

One level deep: an archive in an archive is searched as the bytes that it is. What comes out is
streamed, bounded, and never written to a path that the archive names.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO

from dockgate.builder.bounds import MIB, ImageError
from dockgate.builder.tarstream import TarStream
from dockgate.builder.unpack import CHUNK, GZIP, ZSTD, unpacked
from dockgate.linter.configuration.sizes import human_size
from dockgate.linter.secret_search import paths
from dockgate.linter.secret_search.file_search import FileSearch
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.image import FileSecret, shown
from dockgate.rules.subjects.reading import ReadError

ZIP = "zip archive"
TAR = "tar archive"
COMPRESSED = "compressed file"

#: Bytes that one archive may unpack to: always, and how many for each byte of it above that.
FREE_UNPACKED = 256 * MIB
MAX_RATIO = 20
#: Files in one archive.
MAX_FILES = 100_000
#: Bytes that are searched at once; most files in archives are smaller.
PIECE = 1 * MIB

_ZIP_START = b"PK\x03\x04"
_ZIP_ENTRY = b"PK\x01\x02"  # in the directory at its end
_TAR_AT, _TAR = 257, b"ustar"

#: What zipfile and its decompressors raise for archives that are not what they should be.
_ODD = (
    zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, OSError, KeyError,
)  # fmt: skip


class DamagedError(Exception):
    """It begins like an archive, but is none, or is damaged."""


def kind(start: bytes) -> str:
    """What sort of archive a file is by its first bytes, "" for none."""
    if start.startswith(_ZIP_START):
        return ZIP
    if start[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        return TAR
    if start.startswith((GZIP, ZSTD)):
        return COMPRESSED
    return ""


def search(file: IO[bytes], sort: str, path: str, settings: Settings) -> Iterator[list[FileSecret]]:
    """What each file in the archive holds. Raises DamagedError, and ReadError past a bound."""
    size = file.seek(0, 2)
    file.seek(0)
    left = _Left(max(FREE_UNPACKED, MAX_RATIO * size))
    if sort == ZIP:
        yield from _in_zip(file, path, settings, left)
    elif sort == TAR:
        yield from _in_tar(_Pieces(_chunks(file)), path, settings, left)
    else:
        pieces = _Pieces(_decompressed(file))
        first = pieces.peek(_TAR_AT + len(_TAR))
        if first[_TAR_AT:] == _TAR:
            yield from _in_tar(pieces, path, settings, left)
        else:
            name = path.rpartition(".")[0] or path
            inside = FileSearch(name, settings.secret_names, settings.secret_salt)
            for found in inside.through(left.counted(pieces.read), PIECE):
                yield _named(found, path, name.rpartition("/")[2])


class _Left:
    """What may still come out."""

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self._files = MAX_FILES

    def take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ReadError(f"unpacks to more than {human_size(self._size)}")

    def counted(self, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
        def take(size: int) -> bytes:
            piece = read(size)
            self.take(len(piece))
            return piece

        return take

    def file(self) -> None:
        self._files -= 1
        if self._files < 0:
            raise ReadError(f"an archive of more than {MAX_FILES:,} files is not looked into")


def _search_one(
    read: Callable[[int], bytes], path: str, name: str, settings: Settings, left: _Left
) -> Iterator[list[FileSecret]]:
    """One file of an archive; the folders that the archive lies in are its folders too."""
    left.file()
    whole = f"{path}/{name}"
    if paths.is_example(whole):
        return
    inside = FileSearch(whole, settings.secret_names, settings.secret_salt)
    for found in inside.through(left.counted(read), PIECE):
        yield _named(found, path, name)


def _named(found: list[FileSecret], path: str, name: str) -> list[FileSecret]:
    return [one._replace(path=path, inside=shown(name)) for one in found]


def _in_zip(
    file: IO[bytes], path: str, settings: Settings, left: _Left
) -> Iterator[list[FileSecret]]:
    entries = 0
    while piece := file.read(CHUNK):
        entries += piece.count(_ZIP_ENTRY)
    if entries > MAX_FILES:  # zipfile reads the whole directory into memory
        raise ReadError(f"an archive of more than {MAX_FILES:,} files is not looked into")
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                if info.is_dir() or info.flag_bits & 1:  # what is encrypted nobody can read
                    continue
                with archive.open(info) as content:
                    yield from _search_one(content.read, path, info.filename, settings, left)
    except NotImplementedError as error:
        raise ReadError(f"is packed in a way that is not read: {error}") from None
    except ReadError:
        raise
    except _ODD as error:
        raise DamagedError(str(error)) from None


def _in_tar(
    source: _Pieces, path: str, settings: Settings, left: _Left
) -> Iterator[list[FileSecret]]:
    try:
        tar = TarStream(source)
        for member in tar:
            if member.kind == "file":
                yield from _search_one(tar.read, path, member.name, settings, left)
    except ImageError as error:
        raise DamagedError(str(error)) from None


def _decompressed(file: IO[bytes]) -> Iterator[bytes]:
    try:
        yield from unpacked(file.read)
    except ImageError as error:
        raise DamagedError(str(error)) from None


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(CHUNK):
        yield piece


class _Pieces:
    """Chunks as something to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def peek(self, size: int) -> bytes:
        """The next bytes, which stay."""
        self._rest = self.read(size) + self._rest
        return self._rest[:size]

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        parts, held = [self._rest], len(self._rest)
        while held < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            parts.append(chunk)
            held += len(chunk)
        data = b"".join(parts)
        self._rest = data[size:]
        return data[:size]

    def skip(self, size: int) -> int:
        """Pass over `size` bytes; how many there were."""
        passed = 0
        while passed < size:
            piece = self.read(min(size - passed, CHUNK))
            if not piece:
                break
            passed += len(piece)
        return passed
