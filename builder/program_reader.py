"""What starts a program: an ELF file's machine and loader, a script's interpreter; core dumps.

elf(5), execve(2). What the values mean is in rules/subjects/programs.py.
"""

from __future__ import annotations

import struct

from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.programs import CORE, NAME, SHEBANG
from dockgate.rules.subjects.reading import Content, Json, Want

_ELF = b"\x7fELF"
_PT_INTERP = 3
_ET_CORE = 4
#: Bytes of a script's first line that Linux reads (BINPRM_BUF_SIZE).
_FIRST_LINE = 256
#: Bytes of a loader's path, and program headers, that are looked at.
_MAX_LOADER = 256
_MAX_HEADERS = 64


class ProgramReader:
    """Executable files of any size by their start, and core dumps."""

    name = NAME
    version = "1"
    wants = (
        Want(mode=0o111, whole=False),
        Want(starts=(_ELF,), whole=False),
    )

    def read(self, entry: Entry, content: Content) -> Json:
        """`62 /lib64/ld-linux-x86-64.so.2`, `62` without a loader, `#!/bin/sh`, or `core`."""
        start = content.start
        if start.startswith(_ELF):
            return _elf(start, executable=bool(entry.mode & 0o111))
        if start.startswith(b"#!") and entry.mode & 0o111:
            line = start[:_FIRST_LINE].split(b"\n", 1)[0]
            return SHEBANG + line[2:].decode("utf-8", "replace").strip(" \t")
        return None


def _elf(start: bytes, *, executable: bool) -> str | None:
    try:
        order = "<" if start[5] == 1 else ">"
        kind, machine = struct.unpack_from(order + "HH", start, 16)
        if kind == _ET_CORE:
            return CORE
        if not executable:
            return None
        loader = _loader(start, order)
    except (struct.error, IndexError):
        return None
    return f"{machine} {loader}".rstrip()


def _loader(start: bytes, order: str) -> str:
    """The program interpreter, "" for one that needs none."""
    if start[4] == 2:
        (table,) = struct.unpack_from(order + "Q", start, 32)
        size, count = struct.unpack_from(order + "HH", start, 54)
        place, length = (8, "Q"), (32, "Q")
    else:
        (table,) = struct.unpack_from(order + "I", start, 28)
        size, count = struct.unpack_from(order + "HH", start, 42)
        place, length = (4, "I"), (16, "I")
    for number in range(min(count, _MAX_HEADERS)):
        header = table + number * size
        if header + size > len(start):
            break
        if struct.unpack_from(order + "I", start, header)[0] == _PT_INTERP:
            (at,) = struct.unpack_from(order + place[1], start, header + place[0])
            (long,) = struct.unpack_from(order + length[1], start, header + length[0])
            text = start[at : at + min(long, _MAX_LOADER)]
            return text.split(b"\0", 1)[0].decode("utf-8", "replace")
    return ""


def reader(_settings: Settings) -> ProgramReader:
    """The reader; see readers.py."""
    return ProgramReader()
