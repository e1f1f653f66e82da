"""Tar headers as a stream, understood as Go's archive/tar does: engines unpack layers with it.

Where the two differed, a layer could show one tree to the scanner and another to the engine.
So: a global PAX header says nothing, but ends what headers before it have said; a GNU long name
wins over a PAX path; links and folders have no content whatever their size says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import NamedTuple, Protocol
from zlib import adler32

from dockgate.builder.bounds import MAX_EXTENDED_HEADER, MAX_PATH, MAX_PATH_DEPTH, ImageError
from dockgate.builder.sparse import Map, checked, content_map, is_pax_sparse, old_map, pax_map
from dockgate.rules.subjects.entries import NO_DEVICE, NO_XATTRS

BLOCK = 512
_END = bytes(BLOCK)

KINDS = {
    b"0": "file",
    b"\0": "file",
    b"7": "file",
    b"S": "file",
    b"1": "hardlink",
    b"2": "symlink",
    b"3": "char",
    b"4": "block",
    b"5": "dir",
    b"6": "fifo",
}
#: PAX records of extended attributes (star's, which Go reads; it passes LIBARCHIVE's over).
XATTR = "SCHILY.xattr."
_SPARSE_RECORDS = ("GNU.sparse.offset", "GNU.sparse.numbytes")


class Source(Protocol):
    """What a tar is read from."""

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""

    def skip(self, size: int) -> int:
        """Pass over `size` bytes; how many there were."""


class Member(NamedTuple):
    """One entry of a tar, names as they stand there."""

    name: str  #: bytes that are not UTF-8 are lone surrogates
    kind: str  #: as `Entry.kind`, without whiteouts
    mode: int
    uid: int
    gid: int
    size: int  #: of the file, holes included
    link: str
    stored: int  #: bytes of content that follow in the tar, without holes
    device: tuple[int, int] = NO_DEVICE  #: major and minor number
    xattrs: Mapping[str, bytes] = NO_XATTRS


class TarStream:
    """The members of a tar; `read` gives the content of the one that iteration stands at."""

    __slots__ = ("_at", "_content", "_map", "_padding", "_piece", "_size", "_source")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._content = 0  # bytes that are left in the tar
        self._padding = 0
        self._map: Map | None = None  # of a sparse file, and how far it has been read
        self._piece = self._at = self._size = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes of the current member's content, fewer only at its end."""
        if self._map is not None:
            return self._read_sparse(size, self._map)
        wanted = min(size, self._content)
        data = self._source.read(wanted)
        if len(data) < wanted:
            raise ImageError("is cut short: a file's content ends before its size")
        self._content -= wanted
        return data

    def _read_sparse(self, size: int, pieces: Map) -> bytes:
        parts = []
        left = min(size, self._size - self._at)
        while left:
            offset, length = self._size, 0
            if self._piece < len(pieces):
                offset, length = pieces[self._piece]
            if self._at < offset:
                part = bytes(min(left, offset - self._at))
            else:
                wanted = min(left, offset + length - self._at)
                part = self._source.read(wanted)
                if len(part) < wanted:
                    raise ImageError("is cut short: a file's content ends before its size")
                self._content -= wanted
                self._piece += self._at + wanted == offset + length
            self._at += len(part)
            left -= len(part)
            parts.append(part)
        return b"".join(parts)

    def _pass(self) -> None:
        rest = self._content + self._padding
        if rest:
            if self._source.skip(rest) < self._content:
                raise ImageError("is cut short: a file's content ends before its size")
            self._content = self._padding = 0

    def _follow(self, size: int) -> None:
        self._map = None
        self._content = size
        self._padding = -size % BLOCK

    def __iter__(self) -> Iterator[Member]:
        """Every member in order. Raises ImageError for what no engine would unpack."""
        pax: dict[str, str] = {}
        long_name = long_link = None
        while True:
            self._pass()
            header = self._source.read(BLOCK)
            if not header:
                return
            if len(header) < BLOCK:
                raise ImageError("is cut short: a tar header is not whole")
            if header == _END:
                following = self._source.read(BLOCK)
                if any(following):
                    raise ImageError("has data after a tar's end mark")
                return
            kind = header[156:157]
            size = _number(header[124:136])
            _check_sum(header)
            if kind in b"xgLK":
                self._follow(size)
                if kind == b"g":  # an entry of its own: what stood before it was meant for it
                    pax = {}
                    long_name = long_link = None
                    continue
                if size > MAX_EXTENDED_HEADER:
                    raise ImageError(f"has a tar header of {size} bytes: 1 MiB is the most")
                content = self.read(size)
                if kind == b"x":
                    pax = _records(content)
                elif kind == b"L":
                    long_name = _text(content)
                else:
                    long_link = _text(content)
                continue
            yield self._member(header, kind, size, pax, long_name, long_link)
            pax = {}
            long_name = long_link = None

    def _member(
        self,
        header: bytes,
        flag: bytes,
        size: int,
        pax: dict[str, str],
        long_name: str | None,
        long_link: str | None,
    ) -> Member:
        kind = KINDS.get(flag)
        if kind is None:
            raise ImageError(f"has a tar entry of the unknown type {flag!r}")
        name = _text(header[:100])
        if header[345] and header[257:262] == b"ustar":
            prefix = _prefix(header)
            name = f"{prefix}/{name}" if prefix else name
        link = _text(header[157:257]) if kind in ("symlink", "hardlink") else ""
        mode, uid, gid = _rights(header[100:124])
        name = long_name or name
        link = long_link or link
        if pax:
            name = long_name or pax.get("path") or name
            link = long_link or pax.get("linkpath") or link
            size = _decimal(pax, "size", size)
            uid = _decimal(pax, "uid", uid)
            gid = _decimal(pax, "gid", gid)
        if flag == b"\0" and name.endswith("/"):
            kind = "dir"
        if size < 0:
            raise ImageError("has a tar entry of negative size")
        stored = size if kind == "file" else 0
        if len(name) > MAX_PATH or len(link) > MAX_PATH:
            raise ImageError(
                f"has a path of {max(len(name), len(link))} characters: {MAX_PATH} is the most"
            )
        if name.count("/") > MAX_PATH_DEPTH:
            raise ImageError(f"has a path {name.count('/')} folders deep: {MAX_PATH_DEPTH} is most")
        pieces: Map | None = None
        if flag == b"S":
            size = _number(header[483:495])
            pieces = old_map(header, _number, self._block)
        self._follow(stored)
        if kind == "file" and pax and flag != b"S" and is_pax_sparse(pax):
            name = pax.get("GNU.sparse.name") or name
            size = _decimal(pax, "GNU.sparse.size", _decimal(pax, "GNU.sparse.realsize", size))
            v1 = pax.get("GNU.sparse.major") == "1"
            pieces = content_map(partial(self.read, BLOCK)) if v1 else pax_map(pax)
            stored = self._content
        if pieces is not None:
            self._map = checked(pieces, size, stored)
            self._size, self._at, self._piece = size, 0, 0
        device = NO_DEVICE
        if kind in ("char", "block"):
            device = _number(header[329:337]), _number(header[337:345])
        xattrs = _xattrs(pax) if pax else NO_XATTRS
        return Member(name, kind, mode, uid, gid, size, link, stored, device, xattrs)

    def _block(self) -> bytes:
        return self._source.read(BLOCK)


def _xattrs(pax: dict[str, str]) -> Mapping[str, bytes]:
    """The extended attributes that the records bring."""
    return {
        key.removeprefix(XATTR): value.encode("utf-8", "surrogateescape")
        for key, value in pax.items()
        if key.startswith(XATTR)
    }


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _prefix(header: bytes) -> str:
    """What stands before the name, in a header that has something at that place."""
    if header[262] == 0:
        return _text(header[345:476] if header[508:] == b"tar\0" else header[345:500])
    # GNU tar has times there. Go before 1.8 wrote its magic and a prefix all the same, and newer
    # versions read such headers: those whose times are no numbers.
    if header[262:265] == b"  \0":
        try:
            for time in (header[345:357], header[357:369]):
                if time[0]:
                    _number(time)
        except ImageError:
            prefix = _text(header[345:500])
            return prefix if prefix.isascii() else ""
    return ""


@lru_cache(maxsize=256)
def _rights(field: bytes) -> tuple[int, int, int]:
    """Mode, user and group: the same for most of an image's files."""
    return _number(field[:8]) & 0o7777, _number(field[8:16]), _number(field[16:24])


@lru_cache(maxsize=4096)
def _number(field: bytes) -> int:
    """An octal field, or the base-256 form that GNU tar writes for what does not fit."""
    if field[0] & 0x80:
        value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        if field[0] & 0x40:
            value -= 1 << (8 * len(field) - 1)
        if abs(value) >= 1 << 63:
            raise ImageError("has a number in a tar header that is too large")
        return value
    digits = field.strip(b" \0").partition(b"\0")[0]
    if not digits:
        return 0
    try:
        if not digits.isdigit():
            raise ValueError
        return int(digits, 8)
    except ValueError:
        raise ImageError("has a damaged tar header: a number is not octal") from None


def _decimal(pax: dict[str, str], key: str, default: int) -> int:
    value = pax.get(key)
    if not value:
        return default
    if not value.isascii() or not value.removeprefix("-").isdigit() or len(value) > 19:
        raise ImageError(f"has a damaged tar header: {key} is no number")
    return int(value)


def _check_sum(header: bytes) -> None:
    """Raises ImageError unless the header's sum is right, over unsigned or signed bytes."""
    field = header[148:156]
    # The low half of Adler-32 (RFC 1950 8.2) is the sum of all bytes, plus 1, modulo 65,521.
    if ((adler32(header) & 0xFFFF) - _with_field(field)) % 65_521 == 0:
        return
    high = sum(byte > 127 for byte in header[:148] + header[156:])
    if sum(header) + 1 - 256 * high != _with_field(field):
        raise ImageError("is no tar: a header's checksum is wrong")


@lru_cache(maxsize=4096)
def _with_field(field: bytes) -> int:
    """What the bytes of a header add up to when the field tells the truth, and 1."""
    return _number(field) - 256 + sum(field) + 1


def _records(content: bytes) -> dict[str, str]:
    """The records of a PAX header: a length, KEY=VALUE, LF (POSIX.1-2001 pax)."""
    records: dict[str, str] = {}
    at = 0
    sparse: list[str] = []
    while at < len(content):
        space = content.find(b" ", at, at + 20)
        digits = content[at:space] if space > 0 else b""
        end = at + int(digits) if digits.isdigit() else 0
        if end <= space + 1 or end > len(content) or content[end - 1] != 0x0A:
            raise ImageError("has a damaged PAX header")
        key, equals, value = content[space + 1 : end - 1].partition(b"=")
        if not equals or not key:
            raise ImageError("has a damaged PAX header")
        name = key.decode("utf-8", "surrogateescape")
        if name in ("path", "linkpath") and b"\0" in value:
            raise ImageError("has a PAX path with a NUL")
        text = value.decode("utf-8", "surrogateescape")
        if name in _SPARSE_RECORDS:  # of PAX 0.0, one for each number: the map of 0.1
            sparse.append(text)
        else:
            records[name] = text
        at = end
    if sparse:
        records["GNU.sparse.map"] = ",".join(sparse)
    return records
