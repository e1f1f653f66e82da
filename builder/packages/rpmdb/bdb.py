"""Packages: a hash table of Berkeley DB, rpm's database up to 4.15 (CentOS 7, RHEL 8, Amazon 2).

Berkeley DB's dbinc/db_page.h: pages with a header of 26 bytes; hash pages hold offsets of keys and
values in turn, and what is too large for a page lies on a chain of overflow pages. Numbers are in
the byte order of the machine that wrote them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from dockgate.builder.packages.rpmdb.header import MAX_HEADER
from dockgate.rules.subjects.reading import ReadError

#: At byte 12 of the first page, in either byte order.
MAGICS = {b"\x61\x15\x06\x00": "<", b"\x00\x06\x15\x61": ">"}
MAGIC_AT = 12

_VERSIONS = range(7, 11)
_PAGE_SIZES = frozenset(1 << bits for bits in range(9, 17))
_HASH_META, _OVERFLOW, _HASH_UNSORTED, _HASH = 8, 7, 2, 13
_KEY_DATA, _OFF_PAGE = 1, 3
_HEAD = 26
_KEY = 4  #: bytes of rpm's keys, which are numbers; that of number 0 is the next free one


class _Database:
    """An open file with its page size and byte order."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        file.seek(0)
        start = file.read(72)
        order = MAGICS.get(start[MAGIC_AT : MAGIC_AT + 4])
        if order is None or len(start) < 72:
            raise ReadError("is damaged: it does not begin as Berkeley DB's hash tables do")
        version, page_size = struct.unpack_from(order + "II", start, 16)
        encrypted, kind = start[24], start[25]
        last = struct.unpack_from(order + "I", start, 32)[0]
        if kind != _HASH_META or version not in _VERSIONS or encrypted:
            raise ReadError("is damaged, or no hash table of Berkeley DB 4.2 to 5.3 in the clear")
        if page_size not in _PAGE_SIZES or (last + 1) * page_size > size:
            raise ReadError(f"is damaged: it should have {last + 1} pages of {page_size} bytes")
        self._file = file
        self.page_size: Final = page_size
        self.pages: Final = last + 1
        self.head: Final = struct.Struct(f"{order}8xIIIHHBB")
        self.number: Final = struct.Struct(f"{order}I")
        self.off_page: Final = struct.Struct(f"{order}4xII")
        self._order = order
        self._left = self.pages  #: overflow pages: none belongs to two values

    def page(self, number: int) -> bytes:
        """Page `number` whole."""
        self._file.seek(number * self.page_size)
        data = self._file.read(self.page_size)
        if len(data) < self.page_size or not 0 < number < self.pages:
            raise ReadError(f"is damaged: there is no page {number}")
        return data

    def items(self, page: bytes, entries: int) -> list[bytes]:
        """The keys and values on a hash page, as they lie there."""
        if entries % 2 or _HEAD + 2 * entries > self.page_size:
            raise ReadError(f"is damaged: a page says that it has {entries} entries")
        offsets = struct.unpack_from(f"{self._order}{entries}H", page, _HEAD)
        found = []
        end = self.page_size
        for offset in offsets:  # each item ends where the one before it begins
            if not _HEAD + 2 * entries <= offset < end:
                raise ReadError("is damaged: an entry lies outside of its page")
            found.append(page[offset:end])
            end = offset
        return found

    def chain(self, item: bytes) -> bytes:
        """A value on overflow pages."""
        if len(item) < self.off_page.size:
            raise ReadError("is damaged: a value's place is cut off")
        number, length = self.off_page.unpack_from(item)
        if length > MAX_HEADER:
            raise ReadError(f"is damaged: a value has {length} bytes")
        data = bytearray()
        while len(data) < length:
            page = self.page(number)
            _, _, number, _, used, _, kind = self.head.unpack_from(page)
            self._left -= 1
            if kind != _OVERFLOW or not 0 < used <= self.page_size - _HEAD or self._left < 0:
                raise ReadError("is damaged: a value is not on overflow pages")
            data += page[_HEAD : _HEAD + used]
        if len(data) != length:
            raise ReadError("is damaged: a value is longer than it says")
        return bytes(data)


def headers(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The headers in a database of `size` bytes. Raises ReadError.

    All pages are looked at in the order of the file: those not in use have another type.
    """
    database = _Database(file, size)
    for number in range(1, database.pages):
        page = database.page(number)
        own, _, _, entries, _, _, kind = database.head.unpack_from(page)
        if kind not in (_HASH, _HASH_UNSORTED):
            continue
        if own != number:
            if own == 0 and entries == 0:
                continue
            raise ReadError(f"is damaged: page {number} says that it is page {own}")
        items = database.items(page, entries)
        for key, value in zip(items[::2], items[1::2], strict=True):
            if key[0] != _KEY_DATA or len(key) != 1 + _KEY:
                raise ReadError("is damaged: a key is no number")
            if database.number.unpack_from(key, 1)[0] == 0:
                continue
            if value[0] == _OFF_PAGE:
                yield database.chain(value)
            elif value[0] == _KEY_DATA:
                yield value[1:]
            else:
                raise ReadError("is damaged: a value is of no known kind")
