"""The files of a package, from its RPM header: names, folders, and the folder of each name."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_COUNTS = struct.Struct(">II")
_ENTRY = struct.Struct(">IIII")
_INDEXES, _NAMES, _FOLDERS = 1116, 1117, 1118
#: Files of one package: the largest have 100,000.
_MAX_FILES = 1_000_000


def files(blob: bytes) -> Iterator[str]:
    """Absolute paths; none of a header that is damaged or has no files."""
    if len(blob) < _COUNTS.size:
        return
    count, size = _COUNTS.unpack_from(blob)
    start = _COUNTS.size + count * _ENTRY.size
    if start + size > len(blob):
        return
    places = {
        tag: (start + offset, number)
        for tag, _, offset, number in _ENTRY.iter_unpack(blob[_COUNTS.size : start])
        if tag in (_INDEXES, _NAMES, _FOLDERS) and number <= _MAX_FILES
    }
    if len(places) < 3:
        return
    at, number = places[_INDEXES]
    if at + 4 * number > len(blob):
        return
    folders = _strings(blob, *places[_FOLDERS])
    indexes = struct.unpack_from(f">{number}I", blob, at)
    for name, index in zip(_strings(blob, *places[_NAMES]), indexes, strict=False):
        if index < len(folders):
            yield f"{folders[index]}{name}"


def _strings(blob: bytes, start: int, number: int) -> list[str]:
    parts = blob[start:].split(b"\0", number)[:number]
    return [part.decode("utf-8", "replace") for part in parts]
