"""ELF, PE and Mach-O files: where their sections lie, and what stands at an address.

elf(5); https://learn.microsoft.com/windows/win32/debug/pe-format; Mach-O: Apple's mach-o/loader.h.
Whatever is damaged is as if it were not there: nothing here raises for a file's content.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

#: What executables and libraries begin with.
STARTS = (
    b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf",
    b"\xfe\xed\xfa\xce", b"\xca\xfe\xba\xbe\x00\x00\x00",
)  # fmt: skip

#: Sections, segments or load commands that are looked at; debuggers' object files have more.
MAX_PARTS = 2_000
#: Bytes of a table of section names.
_MAX_NAMES = 1 << 20
_MAX_ARCHITECTURES = 16  #: in a universal Mach-O file

_PT_LOAD, _PF_WRITE = 1, 2
_LC_SEGMENT, _LC_SEGMENT_64 = 0x1, 0x19
_VM_WRITE = 2
_PE_DATA, _PE_WRITE = 0x40, 0x8000_0000


class Part(NamedTuple):
    """A section, or with an empty name a segment."""

    name: str
    address: int
    offset: int  #: in the file
    size: int  #: bytes in the file
    data: bool  #: whether it holds data that can be written to


class Executable:
    """An opened file of one of the formats."""

    def __init__(self, file: BinaryIO, parts: list[Part]) -> None:
        self._file = file
        self._parts = parts

    def section(self, *names: str) -> Part | None:
        """The first with one of these names."""
        return next((part for part in self._parts if part.name in names), None)

    def data(self) -> Part | None:
        """The first that is loaded to be written to."""
        return next((part for part in self._parts if part.data), None)

    def read(self, part: Part, limit: int) -> bytes:
        """Its bytes, at most so many."""
        return _read(self._file, part.offset, min(part.size, limit))

    def at(self, address: int, size: int) -> bytes:
        """So many bytes as are loaded at an address; fewer when they are not all there."""
        for part in self._parts:
            into = address - part.address
            if part.address and 0 <= into < part.size:
                return _read(self._file, part.offset + into, min(size, part.size - into))
        return b""


def executable(file: BinaryIO) -> Executable | None:
    """What the file is; None when it is of no such format, or damaged."""
    start = _read(file, 0, 4)
    try:
        if start == b"\x7fELF":
            parts = list(_elf(file))
        elif start[:2] == b"MZ":
            parts = list(_pe(file))
        elif start == b"\xca\xfe\xba\xbe":
            parts = list(_universal(file))
        else:
            parts = list(_macho(file, 0))
    except (struct.error, IndexError, OverflowError):
        return None
    return Executable(file, parts) if parts else None


def _read(file: BinaryIO, offset: int, size: int) -> bytes:
    if offset < 0 or offset >= 1 << 62 or size <= 0:
        return b""
    file.seek(offset)
    return file.read(size)


def _name(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("latin-1")


def _elf(file: BinaryIO) -> Iterator[Part]:
    ident = _read(file, 0, 64)
    order = ">" if ident[5] == 2 else "<"
    wide = ident[4] == 2
    word = "Q" if wide else "I"
    fields = struct.unpack_from(f"{order}{word}{word}{word}IHHHHHH", ident, 24)
    segments_at, sections_at = fields[1], fields[2]
    segment_size, segments, section_size, sections, names_at = fields[5:]
    form = f"{order}II{word * 4}"
    rows = []
    table = _read(file, sections_at, section_size * min(sections, MAX_PARTS))
    if section_size >= struct.calcsize(form):
        usable = len(table) - len(table) % section_size
        rows = [struct.unpack_from(form, table, at) for at in range(0, usable, section_size)]
    if names_at < len(rows):
        _, _, _, _, offset, size = rows[names_at]
        names = _read(file, offset, min(size, _MAX_NAMES))
        for name, kind, _, address, offset, size in rows:
            if kind != 8:  # NOBITS: nothing of it is in the file
                yield Part(_name(names[name : name + 64]), address, offset, size, False)
    table = _read(file, segments_at, segment_size * min(segments, MAX_PARTS))
    form = f"{order}IIQQQQ" if wide else f"{order}IIIIIII"
    if segment_size < struct.calcsize(form):
        return
    usable = len(table) - len(table) % segment_size
    for at in range(0, usable, segment_size):
        row = struct.unpack_from(form, table, at)
        if wide:
            kind, flags, offset, address, _, size = row
        else:
            kind, offset, address, _, size, _, flags = row
        if kind == _PT_LOAD:
            yield Part("", address, offset, size, bool(flags & _PF_WRITE))


def _pe(file: BinaryIO) -> Iterator[Part]:
    (header_at,) = struct.unpack("<I", _read(file, 0x3C, 4))
    header = _read(file, header_at, 24 + 56)
    if header[:4] != b"PE\0\0":
        return
    sections, optional = (
        struct.unpack_from("<H", header, 6)[0],
        struct.unpack_from("<H", header, 20)[0],
    )
    magic = struct.unpack_from("<H", header, 24)[0]
    base = struct.unpack_from(
        "<Q" if magic == 0x20B else "<I", header, 48 if magic == 0x20B else 52
    )[0]
    table = _read(file, header_at + 24 + optional, 40 * min(sections, MAX_PARTS))
    for at in range(0, len(table) - len(table) % 40, 40):
        name, _, address, size, offset = struct.unpack_from("<8sIIII", table, at)
        (flags,) = struct.unpack_from("<I", table, at + 36)
        data = bool(flags & _PE_DATA and flags & _PE_WRITE)
        yield Part(_name(name), base + address, offset, size, data)


def _universal(file: BinaryIO) -> Iterator[Part]:
    """The first architecture of those in the file: all are made of the same sources."""
    (count,) = struct.unpack(">I", _read(file, 4, 4))
    if 0 < count <= _MAX_ARCHITECTURES:  # a Java class has its version here
        (offset,) = struct.unpack(">I", _read(file, 16, 4))
        yield from _macho(file, offset)


def _macho(file: BinaryIO, start: int) -> Iterator[Part]:
    magic = _read(file, start, 4)
    order = "<" if magic[1:] == b"\xfa\xed\xfe" else ">"
    wide = b"\xcf" in (magic[:1], magic[3:])
    if magic not in STARTS:
        return
    commands, length = struct.unpack(f"{order}II", _read(file, start + 16, 8))
    table = _read(file, start + (32 if wide else 28), min(length, _MAX_NAMES))
    word = "Q" if wide else "I"
    at = 0
    for _ in range(min(commands, MAX_PARTS)):
        command, size = struct.unpack_from(f"{order}II", table, at)
        if size < 8:
            return
        if command == (_LC_SEGMENT_64 if wide else _LC_SEGMENT):
            form = f"{order}16s{word * 4}IIII"
            segment = struct.unpack_from(form, table, at + 8)
            name, address, _, offset, length, _, protection, sections, _ = segment
            data = bool(protection & _VM_WRITE)
            row = at + 8 + struct.calcsize(form)
            step = 80 if wide else 68
            for section in range(min(sections, MAX_PARTS)):
                name, _, where, long, into = struct.unpack_from(
                    f"{order}16s16s{word}{word}I", table, row + section * step
                )
                yield Part(_name(name), where, start + into, long, False)
            yield Part("", address, start + offset, length, data)
        at += size
