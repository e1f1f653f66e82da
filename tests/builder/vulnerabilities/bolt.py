"""Writes a bbolt file, the form of Trivy's database (https://github.com/etcd-io/bbolt)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

Bucket: TypeAlias = "Mapping[str, bytes | Bucket]"

PAGE = 4096
_HEADER = struct.Struct("<QHHI")  # id, flags, count, overflow
_ELEMENT = struct.Struct("<IIII")  # flags, position, key size, value size
_LEAF, _META, _FREELIST, _IS_BUCKET = 0x02, 0x04, 0x10, 0x01
_MAGIC, _VERSION = 0xED0CDAED, 2


class _Writer:
    def __init__(self) -> None:
        self.pages: list[bytes] = []
        self.next = 3  # two of meta data and the list of free pages come first

    def bucket(self, content: Bucket) -> int:
        """Write a bucket as one leaf page; the page's number."""
        rows = []
        for key in sorted(content, key=str.encode):
            value = content[key]
            if isinstance(value, bytes):
                rows.append((0, key.encode(), value))
            else:
                rows.append((_IS_BUCKET, key.encode(), struct.pack("<QQ", self.bucket(value), 0)))
        table, data = b"", b""
        for index, (flags, key_bytes, value) in enumerate(rows):
            position = (len(rows) - index) * _ELEMENT.size + len(data)
            table += _ELEMENT.pack(flags, position, len(key_bytes), len(value))
            data += key_bytes + value
        return self.page(_LEAF, len(rows), table + data)

    def page(self, flags: int, count: int, body: bytes) -> int:
        number = self.next
        size = -(-(_HEADER.size + len(body)) // PAGE)
        self.next += size
        page = _HEADER.pack(number, flags, count, size - 1) + body
        self.pages.append(page.ljust(size * PAGE, b"\0"))
        return number


def write(path: Path, content: Bucket) -> None:
    """Write a file whose top buckets are those of `content`."""
    writer = _Writer()
    root = writer.bucket(content)
    pages = []
    for number in (0, 1):
        body = struct.pack("<IIIIQQQQQ", _MAGIC, _VERSION, PAGE, 0, root, 0, 2, writer.next, number)
        body += struct.pack("<Q", _fnv(body))
        pages.append((_HEADER.pack(number, _META, 0, 0) + body).ljust(PAGE, b"\0"))
    pages.append(_HEADER.pack(2, _FREELIST, 0, 0).ljust(PAGE, b"\0"))
    path.write_bytes(b"".join([*pages, *writer.pages]))


def _fnv(data: bytes) -> int:
    """FNV-1a, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return value
