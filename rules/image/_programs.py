"""Programs for the examples of rules."""

from __future__ import annotations

import struct

from dockgate.rules.rule import File


def elf(
    machine: int = 62,
    loader: str = "",
    *,
    kind: int = 2,
    mode: int = 0o755,
    uid: int = 0,
    xattrs: dict[str, bytes] | None = None,
) -> File:
    """An ELF file of 64 bits that does nothing: header, and the name of a loader if it has one."""
    path = loader.encode() + b"\0" if loader else b""
    table = struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(path), len(path), 1) if path else b""
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = struct.pack(
        "<HHIQQQIHHHHHH", kind, machine, 1, 0, 64 if path else 0, 0, 0, 64, 56, bool(path), 0, 0, 0
    )
    return File(ident + header + table + path, mode=mode, uid=uid, xattrs=xattrs or {})


def script(content: str = "#!/bin/sh\n", mode: int = 0o755) -> File:
    """An executable script."""
    return File(content, mode=mode)
