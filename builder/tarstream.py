"""Tar headers as a stream, understood as Go's archive/tar does: engines unpack layers with it.

Where the two differed, a layer could show one tree to the scanner and another to the engine.
So: global PAX headers are passed over, a GNU long name wins over a PAX path, links and folders
have no content whatever their size says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from dockgate.builder.bounds import MAX_EXTENDED_HEADER, MAX_PATH, MAX_PATH_DEPTH, ImageError

BLOCK = 512

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
#: Numbers of a sparse map (PAX 1.0) or of its extension blocks (old GNU); Linux's tar writes
#: some thousands for the most fragmented file.
MAX_SPARSE_NUMBERS = 1_000_000


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
    stored: int  #: bytes of content that follow in the tar


class TarStream:
    """The members of a tar; `read` gives the content of the one that iteration stands at."""

    __slots__ = ("_content", "_padding", "_source")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._content = 0
        self._padding = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes of the current member's content; b"" at its end."""
        wanted = min(size, self._content)
        data = self._source.read(wanted)
        if len(data) < wanted:
            raise ImageError("is cut short: a file's content ends before its size")
        self._content -= wanted
        return data

    def _pass(self) -> None:
        rest = self._content + self._padding
        if rest and self._source.skip(rest) < self._content:
            raise ImageError("is cut short: a file's content ends before its size")
        self._content = self._padding = 0

    def _follow(self, size: int) -> None:
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
            if not any(header):
                following = self._source.read(BLOCK)
                if any(following):
                    raise ImageError("has data after a tar's end mark")
                return
            kind = header[156:157]
            size = _number(header[124:136])
            _check_sum(header)
            if kind in b"xgLK":
                self._follow(size)
                if kind == b"g":
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
        if header[257:263] == b"ustar\0" and header[345]:
            prefix = header[345:476] if header[508:] == b"tar\0" else header[345:500]
            name = _text(prefix) + "/" + name
        link = _text(header[157:257]) if kind in ("symlink", "hardlink") else ""
        name = long_name or pax.get("path") or name
        if link or long_link or "linkpath" in pax:
            link = long_link or pax.get("linkpath") or link
        size = _decimal(pax, "size", size)
        uid = _decimal(pax, "uid", _number(header[108:116]))
        gid = _decimal(pax, "gid", _number(header[116:124]))
        mode = _number(header[100:108]) & 0o7777
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
        if flag == b"S":
            size = _number(header[483:495])
            self._pass_sparse_blocks(header)
        self._follow(stored)
        if kind == "file" and pax and _is_pax_sparse(pax):
            name = pax.get("GNU.sparse.name") or name
            size = _decimal(pax, "GNU.sparse.realsize", _decimal(pax, "GNU.sparse.size", size))
            if pax.get("GNU.sparse.major") == "1":
                self._pass_sparse_map()
                stored = self._content
        return Member(name, kind, mode, uid, gid, size, link, stored)

    def _pass_sparse_blocks(self, header: bytes) -> None:
        """Old GNU sparse files: 21 further places in each block behind the header."""
        more = header[482]
        blocks = 0
        while more:
            block = self._source.read(BLOCK)
            blocks += 1
            if len(block) < BLOCK or blocks * 42 > MAX_SPARSE_NUMBERS:
                raise ImageError("has a sparse file whose map is damaged")
            more = block[504]

    def _pass_sparse_map(self) -> None:
        """PAX sparse 1.0: decimal lines (a count, then two for each piece) before the data."""
        lines, numbers = 0, 1
        first = b""
        while lines < numbers:
            block = self.read(BLOCK)
            if not block:
                raise ImageError("has a sparse file whose map is damaged")
            if lines == 0:
                first += block
                count, found, _ = first.partition(b"\n")
                if not found:
                    continue
                if not count.isdigit() or len(count) > 9 or 2 * int(count) > MAX_SPARSE_NUMBERS:
                    raise ImageError("has a sparse file whose map is damaged")
                numbers = 1 + 2 * int(count)
                lines = first.count(b"\n")
            else:
                lines += block.count(b"\n")


def _is_pax_sparse(pax: dict[str, str]) -> bool:
    major, minor = pax.get("GNU.sparse.major", ""), pax.get("GNU.sparse.minor", "")
    if major or minor:
        return (major, minor) in (("0", "0"), ("0", "1"), ("1", "0"))
    return bool(pax.get("GNU.sparse.map") or pax.get("GNU.sparse.numblocks"))


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


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
    expected = _number(header[148:156])
    found = sum(header) - sum(header[148:156]) + 8 * 32
    if found == expected:
        return
    high = sum(byte > 127 for byte in header[:148] + header[156:])
    if found - 256 * high != expected:
        raise ImageError("is no tar: a header's checksum is wrong")


def _records(content: bytes) -> dict[str, str]:
    """The records of a PAX header: a length, KEY=VALUE, LF (POSIX.1-2001 pax)."""
    records: dict[str, str] = {}
    at = 0
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
        records[name] = value.decode("utf-8", "surrogateescape")
        at = end
    return records
