"""container-manifest-2: what Azure Linux leaves in place of the database in distroless images.

It is `rpm -qa` with these fields, between tabs: NAME, VERSION-RELEASE, INSTALLTIME, BUILDTIME,
VENDOR, EPOCH, SIZE, ARCH, EPOCHNUM, SOURCERPM.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from dockgate.builder.packages.database import Row, line, word
from dockgate.builder.packages.rpmdb.header import source_of
from dockgate.rules.subjects.image import shown
from dockgate.rules.subjects.reading import ReadError

_FIELDS = 10
_NONE = "(none)"


def rows(file: BinaryIO) -> Iterator[Row]:
    """The packages. Raises ReadError."""
    for raw in file:
        if not raw.strip():
            continue
        fields = [field.strip() for field in raw.decode("utf-8", "replace").split("\t")]
        if len(fields) != _FIELDS:
            said = shown(raw.decode("utf-8", "replace").strip(), 60)
            raise ReadError(f"is damaged: {said!r} has not {_FIELDS} fields")
        name, version, _, _, vendor, _, _, arch, number, source = fields
        if not number.isdecimal():
            raise ReadError(f"is damaged: the epoch of {shown(name, 60)!r} is no number")
        epoch = f"{int(number[:10])}:" if int(number[:10]) else ""
        source_name, source_version = ("", "") if source == _NONE else source_of(source, epoch)
        yield Row(
            word(name, "a package's name"),
            epoch + word(version, "a package's version"),
            "" if arch == _NONE else line(arch),
            source_name,
            source_version,
            (),
            "" if vendor == _NONE else line(vendor),
        )
