"""An RPM header as it lies in the database: an index of tags, then their data.

https://rpm-software-management.github.io/rpm/manual/format_header.html
"""

from __future__ import annotations

import struct

from dockgate.builder.packages.database import Row, line, word
from dockgate.rules.subjects.reading import KIB, MIB, ReadError

#: Bytes of one header. Kernels and texlive, which have the longest lists of files, have 5 MiB.
MAX_HEADER = 64 * MIB
#: Tags of one header: rpm's own limit.
MAX_TAGS = 0xFFFF
#: Bytes of a text that is needed.
MAX_TEXT = 64 * KIB

_COUNTS = struct.Struct(">II")
_ENTRY = struct.Struct(">IIII")
_NUMBER = struct.Struct(">I")
_INT32 = 4
_KINDS = frozenset({6, 8, 9})  #: a string, an array of strings, one for each language

_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_VENDOR, _LICENSE, _PACKAGER, _ARCH = 1011, 1014, 1015, 1022
_SOURCERPM, _MODULE = 1044, 5096
_TEXTS = frozenset(
    {_NAME, _VERSION, _RELEASE, _VENDOR, _LICENSE, _PACKAGER, _ARCH, _SOURCERPM, _MODULE}
)


def row(blob: bytes) -> Row:
    """The package that a header describes. Raises ReadError for a damaged one."""
    texts, number = _tags(blob)
    epoch = f"{number}:" if number else ""
    name = word(texts.get(_NAME, ""), "a package's name")
    version = word(texts.get(_VERSION, ""), f"the version of {name}")
    release = word(texts.get(_RELEASE, ""), f"the release of {name}")
    source_name = source_version = ""
    if source := texts.get(_SOURCERPM, ""):
        source_name, source_version = source_of(source, epoch)
    module = texts.get(_MODULE, "")
    return Row(
        name,
        f"{epoch}{version}-{release}",
        line(texts.get(_ARCH, "")),
        source_name,
        source_version,
        tuple(filter(None, [line(texts.get(_LICENSE, ""))])),
        line(texts.get(_VENDOR) or texts.get(_PACKAGER, "")),
        word(module, f"the module of {name}") if module else "",
    )


def source_of(file: str, epoch: str) -> tuple[str, str]:
    """Name and version of the source package `bash-5.1.8-6.el9.src.rpm`, with its packages' epoch.

    A file of another name is the name. Raises ReadError for one that rpm would not have written.
    """
    stem = word(file, "a source package").removesuffix(".rpm").rpartition(".")[0]  # .src, .nosrc
    rest, _, release = stem.rpartition("-")
    name, _, version = rest.rpartition("-")
    return (name, f"{epoch}{version}-{release}") if name and version and release else (file, "")


def _tags(blob: bytes) -> tuple[dict[int, str], int]:
    """The texts that are needed, by tag, and the epoch; of a tag given twice the last counts."""
    if len(blob) < _COUNTS.size:
        raise ReadError("is damaged: a header has no beginning")
    count, size = _COUNTS.unpack_from(blob)
    data = _COUNTS.size + count * _ENTRY.size
    if not 0 < count <= MAX_TAGS or data + size > min(len(blob), MAX_HEADER):
        raise ReadError(f"is damaged: a header says that it has {count} tags in {size} bytes")
    end = data + size
    places: dict[int, int] = {}
    epoch = 0
    for tag, kind, offset, number in _ENTRY.iter_unpack(blob[_COUNTS.size : data]):
        if tag in _TEXTS and kind in _KINDS:
            places[tag] = data + offset
        elif tag == _EPOCH:
            if kind != _INT32 or number != 1 or data + offset + _NUMBER.size > end:
                raise ReadError("is damaged: a header's epoch is no number in it")
            epoch = _NUMBER.unpack_from(blob, data + offset)[0]
    return {tag: _text(blob, start, end) for tag, start in places.items()}, epoch


def _text(blob: bytes, start: int, end: int) -> str:
    """A text up to the byte 0 that ends it; of several the first."""
    stop = blob.find(0, start, min(end, start + MAX_TEXT)) if start < end else -1
    if stop < 0:
        raise ReadError("is damaged: a header's text has no end in it")
    return blob[start:stop].decode("utf-8", "replace")
