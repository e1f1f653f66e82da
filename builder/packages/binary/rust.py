"""What cargo-auditable puts into an executable: the crates that it is made of.

https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md
"""

from __future__ import annotations

import json
import zlib
from typing import NamedTuple

from dockgate.builder.packages.binary.formats import Executable

SECTION = ".dep-v0"
#: Bytes as they lie there, and unpacked.
_MAX_PACKED = 1 << 20
_MAX_JSON = 8 << 20


class Crate(NamedTuple):
    """A crate in the executable."""

    name: str
    version: str


def crates(program: Executable) -> list[Crate]:
    """All but those that only the build needed."""
    section = program.section(SECTION)
    if section is None or section.size > _MAX_PACKED:
        return []
    try:
        stream = zlib.decompressobj()
        unpacked = stream.decompress(program.read(section, _MAX_PACKED), _MAX_JSON)
        if not stream.eof:
            return []
        rows = json.loads(unpacked)["packages"]
        return [
            Crate(str(row["name"]), str(row["version"]))
            for row in rows
            if row.get("kind", "runtime") == "runtime"
        ]
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []
