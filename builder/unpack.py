"""A stored blob as a stream: hashed, decompressed by its first bytes, hashed again, once."""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from dockgate.builder.bounds import MIB, Budget, ImageError
from dockgate.linter.configuration.sizes import human_size

#: Bytes read and unpacked at once.
CHUNK = 1 * MIB
#: Bytes read at once of what is only hashed: no more than a processor's cache holds.
HASHED = MIB // 4

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
#: RFC 8878 3.1.2: a frame that carries no content; `zstd:chunked` layers have them.
ZSTD_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
UNSUPPORTED = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x89LZO": "lzo",
    b"\x04\x22\x4d\x18": "lz4",
}

DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


class Section:
    """A stored blob, read from its start to its end; to be closed."""

    size: int  #: bytes

    def read(self, size: int) -> bytes:
        """At most `size` bytes from where the last call ended; b"" at the end."""
        raise NotImplementedError

    def again(self) -> Section:
        """The same blob from its start; good as long as this one is open."""
        raise NotImplementedError

    def close(self) -> None:
        """Give back what is open."""

    def chunks(self) -> Iterator[bytes]:
        """What is left of it, piece by piece."""
        while data := self.read(HASHED):
            yield data

    def whole(self, limit: int) -> bytes:
        """All of a small file; ImageError when it has more than `limit` bytes or is cut short."""
        if self.size > limit:
            raise ImageError(f"has {human_size(self.size)}: {human_size(limit)} is the most")
        data = b""
        while part := self.read(self.size):
            data += part
        if len(data) < self.size:
            raise ImageError("is cut short: copy or build the image again")
        return data

    def __enter__(self) -> Section:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FileSection(Section):
    """A part of an open file."""

    __slots__ = ("_at", "_end", "_owned", "fd", "size", "start")

    def __init__(self, fd: int, start: int, size: int, *, owned: bool = False) -> None:
        self.fd = fd
        self.start = start
        self.size = size
        self._at = start
        self._end = start + size
        self._owned = owned

    def read(self, size: int) -> bytes:
        """At most `size` bytes from where the last call ended; b"" at the end."""
        data = os.pread(self.fd, min(size, self._end - self._at), self._at)
        self._at += len(data)
        return data

    def again(self) -> Section:
        """The same part from its start; good as long as this one is open."""
        return FileSection(self.fd, self.start, self.size)

    def close(self) -> None:
        """Close the file where it was opened for this section alone."""
        if self._owned:
            os.close(self.fd)
            self._owned = False


def new_hash(digest: str) -> Any:
    """The hash object that makes digests such as `digest`; ImageError when it is none."""
    if not DIGEST.fullmatch(digest):
        raise ImageError(f"{digest[:80]!r} is no sha256 or sha512 digest")
    return hashlib.new(digest.partition(":")[0])


def require_digest(found: Any, digest: str) -> None:
    """ImageError when the hash object's digest is not `digest`."""
    if found.hexdigest() != digest.partition(":")[2]:
        raise ImageError(
            f"has another content, {found.name}:{found.hexdigest()}: copy or build the image again"
        )


def verify(chunks: Iterable[bytes], digest: str) -> None:
    """ImageError when the content does not have this digest."""
    found = new_hash(digest)
    for chunk in chunks:
        found.update(chunk)
    require_digest(found, digest)


def unpacked(read: Callable[[int], bytes]) -> Iterator[bytes]:
    """The content of what `read` gives, decompressed when it is gzip or zstd, in chunks.

    Raises ImageError when it is cut short, damaged or compressed by something else.
    """
    data = read(CHUNK)
    if data.startswith(GZIP):
        yield from _gunzip(data, read)
    elif data.startswith(ZSTD) or ZSTD_SKIPPABLE.match(data):
        yield from _unzstd(data, read)
    else:
        for magic, name in UNSUPPORTED.items():
            if data.startswith(magic):
                raise ImageError(f"is compressed with {name}: store it as gzip or zstd")
        while data:
            yield data
            data = read(CHUNK)


def _gunzip(data: bytes, read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Every member of a gzip file (RFC 1952 2.2 allows several; eStargz has one for each file)."""
    inflate, errors = _inflater()
    while data:
        if not data.startswith(GZIP[: len(data)]):
            raise ImageError("has something else after its gzip data")
        member = inflate(wbits=31)
        while not member.eof:
            try:
                content = member.decompress(data, CHUNK)
            except errors as error:
                raise ImageError(f"is damaged: {error}") from None
            if content:
                yield content
            data = member.unconsumed_tail
            if not data and not member.eof and len(content) < CHUNK:
                data = read(CHUNK)
                if not data:
                    raise ImageError("is cut short: its gzip data has no end")
        data = member.unused_data or read(CHUNK)


def _inflater() -> tuple[Callable[..., Any], type[Exception]]:
    """What makes an inflating object, and its errors: ISA-L's, twice as fast, or zlib's."""
    try:
        isal = import_module("isal.isal_zlib")
    except ImportError:
        return zlib.decompressobj, zlib.error
    return isal.decompressobj, isal.error


def _unzstd(data: bytes, read: Callable[[int], bytes]) -> Iterator[bytes]:
    """Every frame of zstd data (RFC 8878)."""
    zstd = _zstd_module()
    while data:
        frame = zstd.ZstdDecompressor()
        while not frame.eof:
            try:
                content = frame.decompress(data, CHUNK)
            except zstd.ZstdError as error:
                raise ImageError(f"is damaged: {error}") from None
            if content:
                yield content
            data = b""
            if not frame.eof and frame.needs_input:
                data = read(CHUNK)
                if not data:
                    raise ImageError("is cut short: its zstd data has no end")
        data = frame.unused_data or read(CHUNK)


def _zstd_module() -> Any:
    """The standard library's zstd (Python 3.14), or its backport, which has the same API."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            continue
    raise ImageError("is compressed with zstd: pip install backports.zstd to have it read")


class LayerStream:
    """A layer's tar, byte by byte from its blob; both digests are known at the end."""

    __slots__ = ("_at", "_budget", "_buffer", "_chunks", "_section", "_stored", "size", "tar_hash")

    def __init__(self, section: Section, stored: Any, tar_hash: Any, budget: Budget) -> None:
        """`stored` and `tar_hash`: hash objects of the blob and of its tar."""
        self._section = section
        self._stored = stored
        self.tar_hash = tar_hash
        self.size = 0  #: bytes of the tar so far
        self._budget = budget
        self._chunks = unpacked(self._read_stored)
        self._buffer = b""
        self._at = 0

    def _read_stored(self, size: int) -> bytes:
        data = self._section.read(size)
        self._stored.update(data)
        return data

    def _fill(self) -> bool:
        """The next chunk into the buffer, which must be used up; False at the end."""
        self._at = 0
        self._buffer = next(self._chunks, b"")
        size = len(self._buffer)
        self.size += size
        self._budget.take(size)
        self.tar_hash.update(self._buffer)
        return size > 0

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        end = self._at + size
        if end <= len(self._buffer):
            data = self._buffer[self._at : end]
            self._at = end
            return data
        parts = [self._buffer[self._at :]]
        missing = size - len(parts[0])
        while missing > 0 and self._fill():
            part = self._buffer[:missing]
            self._at = len(part)
            missing -= len(part)
            parts.append(part)
        return b"".join(parts)

    def skip(self, size: int) -> int:
        """Pass over `size` bytes; how many there were."""
        wanted = size
        while size > 0:
            here = min(size, len(self._buffer) - self._at)
            self._at += here
            size -= here
            if size > 0 and not self._fill():
                break
        return wanted - size

    def drain(self) -> None:
        """Read to the end of the blob: what stands behind the tar's end counts in both digests."""
        while self._fill():
            pass

    def drain_stored(self) -> None:
        """Hash the rest of the blob alone, so that a damaged layer is known by its digest."""
        while self._read_stored(CHUNK):
            pass
