"""Packages.db: rpm's own database, in SUSE Linux Enterprise 15 and openSUSE.

rpm's lib/backend/ndb/rpmpkg.c: pages of slots, each the place of a header in blocks of 16 bytes.
Numbers are little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO
from zlib import adler32

from dockgate.builder.packages.rpmdb.header import MAX_HEADER
from dockgate.rules.subjects.reading import ReadError

MAGIC = b"RpmP"

_PAGE = 4096
#: Pages of slots: 256 packages in each.
MAX_PAGES = 2_048
_BLOCK = 16
_START = struct.Struct("<4sIII16x")
_SLOT = struct.Struct("<4sIII")
_HEAD = struct.Struct("<4sIII")
_TAIL = struct.Struct("<II4s")


def headers(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The headers in a database of `size` bytes. Raises ReadError."""
    magic, version, _, pages = _START.unpack(_at(file, 0, _START.size))
    if magic != MAGIC or version != 0:
        raise ReadError(f"is damaged, or of a version that dockgate does not know: {version}")
    if not 0 < pages <= MAX_PAGES or pages * _PAGE > size:
        raise ReadError(f"is damaged: it says that it has {pages} pages of slots")
    slots = _at(file, 0, pages * _PAGE)[_START.size :]
    left = size
    for number, (magic, index, block, blocks) in enumerate(_SLOT.iter_unpack(slots)):
        if magic != b"Slot":
            raise ReadError(f"is damaged: slot {number} is none")
        if block == 0:  # free
            continue
        start, length = block * _BLOCK, blocks * _BLOCK
        left -= length  # slots must not share blocks
        if start < pages * _PAGE or start + length > size or left < 0:
            raise ReadError(f"is damaged: package {index} lies outside of it")
        yield _blob(file, index, start, length)


def _blob(file: BinaryIO, index: int, start: int, length: int) -> bytes:
    """A header, whose check sum must be right."""
    if not _HEAD.size + _TAIL.size <= length <= MAX_HEADER:
        raise ReadError(f"is damaged: package {index} has {length} bytes")
    data = _at(file, start, length)
    magic, own, _, size = _HEAD.unpack_from(data)
    checksum, size_again, end = _TAIL.unpack_from(data, length - _TAIL.size)
    whole = _HEAD.size + size + _TAIL.size <= length and size == size_again
    if magic != b"BlbS" or end != b"BlbE" or own != index or not whole:
        raise ReadError(f"is damaged: package {index} is not where it should be")
    if adler32(data[: length - _TAIL.size]) != checksum:
        raise ReadError(f"is damaged: the check sum of package {index} is wrong")
    return data[_HEAD.size : _HEAD.size + size]


def _at(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    data = file.read(length)
    if len(data) < length:
        raise ReadError("is damaged: it ends too early")
    return data
