"""Go's build information in an executable: its modules, their replacements, the toolchain.

Go's src/debug/buildinfo and src/cmd/link/internal/ld/data.go describe both forms: strings in
place (since Go 1.18), and pointers to string headers.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from dockgate.builder.packages.binary.formats import Executable

MAGIC = b"\xff Go buildinf:"
_ALIGNED = 16
#: Bytes before the strings of the form in place; of the other form all of it.
_HEADER = 32
#: Bytes of writable data that are searched where no section has the name.
_SEARCHED = 1 << 20
#: Bytes of the strings: the largest programs have some 200 KiB.
_MAX_TEXT = 8 << 20
_SENTINEL = 16  #: bytes before and after the text of modules

_TOOLCHAIN = re.compile(r"\bgo(\d[\w.]*)")
#: A version that was given to the linker, `-X main.version=v1.2.3`.
_STATED = re.compile(
    r"""-X[ =]['"]?(?:main|[\w./-]{1,200})\.(?:git|app|build)?version=['"]?(v?\d+\.\d+[\w.+-]*)""",
    re.IGNORECASE,
)
UNKNOWN = "(devel)"


class Module(NamedTuple):
    """A module that the program is made of; `version` is empty when nothing states it."""

    path: str
    version: str


def modules(program: Executable) -> list[Module]:
    """The standard library as `stdlib`, the main module, and what it depends on."""
    toolchain, text = _strings(program)
    found = []
    version = _TOOLCHAIN.search(toolchain)
    if version is not None:
        found.append(Module("stdlib", version[1]))
    return found + list(_modules(text))


def _strings(program: Executable) -> tuple[str, str]:
    """The version of Go and the text of modules; both empty when there is none."""
    part = program.section(".go.buildinfo", "__go_buildinfo") or program.data()
    if part is None:
        return "", ""
    data = program.read(part, _SEARCHED)
    at = data.find(MAGIC)
    while at >= 0 and at % _ALIGNED:
        at = data.find(MAGIC, at + 1)
    header = data[at : at + _HEADER] if at >= 0 else b""
    if len(header) < _HEADER:
        return "", ""
    if header[15] & 2:
        data = program.read(part._replace(offset=part.offset + at), _MAX_TEXT)
        toolchain, end = _counted(data, _HEADER)
        text, _ = _counted(data, end)
    else:
        toolchain, text = _pointed(program, header, 0), _pointed(program, header, 1)
    if len(text) > 2 * _SENTINEL and text[-_SENTINEL - 1 : -_SENTINEL] == b"\n":
        text = text[_SENTINEL:-_SENTINEL]
    return toolchain.decode("utf-8", "replace")[:200], text.decode("utf-8", "replace")


def _counted(data: bytes, at: int) -> tuple[bytes, int]:
    """A string after its length as a varint, and where it ends."""
    length = shift = 0
    for byte in data[at : at + 5]:
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return data[at : at + length], at + length
    return b"", len(data)


def _pointed(program: Executable, header: bytes, number: int) -> bytes:
    """The string whose header a pointer leads to."""
    size = header[14]
    if size not in (4, 8):
        return b""
    word = f"{'>' if header[15] & 1 else '<'}{'Q' if size == 8 else 'I'}"
    (pointer,) = struct.unpack_from(word, header, 16 + number * size)
    place = program.at(pointer, 2 * size)
    if len(place) < 2 * size:
        return b""
    ((start,), (length,)) = struct.iter_unpack(word, place)
    return program.at(start, min(length, _MAX_TEXT))


def _modules(text: str) -> Iterator[Module]:
    """The lines `mod`, `dep` and, for what stands in place of the one before, `=>`."""
    settings: dict[str, str] = {}
    rows: list[list[str]] = []
    main = None
    for line in text.splitlines():
        kind, _, rest = line.partition("\t")
        if kind in ("mod", "dep"):
            rows.append([*rest.split("\t")[:2], ""][:2])
            if kind == "mod":
                main = rows[-1]
        elif kind == "=>" and rows:
            # in place of a module stands another, or a folder, of which nothing else is known
            path, version = [*rest.split("\t")[:2], ""][:2]
            if version and not path.startswith((".", "/")):
                rows[-1][:] = path, version
        elif kind == "build":
            key, _, value = rest.partition("=")
            settings.setdefault(key, value)
    for row in rows:
        path, version = row
        if version in (UNKNOWN, ""):
            version = _version(settings) if row is main else ""
        yield Module(path, version)


def _version(settings: dict[str, str]) -> str:
    """Of a main module that was built in its sources: as given to the linker, else as Go names a
    commit without a tag.
    """
    stated = _STATED.search(settings.get("-ldflags", "")[:20_000])
    if stated is not None:
        return stated[1] if stated[1].startswith("v") else f"v{stated[1]}"
    revision = settings.get("vcs.revision", "")
    time = re.sub(r"[-:TZ]", "", settings.get("vcs.time", ""))
    if re.fullmatch(r"[0-9a-f]{12,64}", revision) and re.fullmatch(r"\d{14}", time):
        return f"v0.0.0-{time}-{revision[:12]}"
    return ""
