"""Debian packages, from dpkg's database and from what distroless images have in its place.

dpkg(1), deb-control(5), deb-src-control(5), dpkg's own doc/ of its `updates` journal; machine
readable copyright files: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from dockgate.builder.packages.database import (
    Installed,
    Row,
    collect,
    installed,
    line,
    package,
    records,
    word,
)  # fmt: skip
from dockgate.builder.packages.distro import distro_of
from dockgate.builder.packages.package import Package
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image, Layer, shown
from dockgate.rules.subjects.reading import MIB, Content, Json, ReadError, Want

NAME = "dpkg"

FOLDER = "var/lib/dpkg"
STATUS = f"{FOLDER}/status"
#: One file for each package, without a Status field (distroless, and tools that build like it).
STATUS_FOLDER = f"{FOLDER}/status.d"
#: dpkg's journal: paragraphs that count instead of those in `status` and are not yet in it.
UPDATES = f"{FOLDER}/updates"
COPYRIGHT = "usr/share/doc/"

#: Bytes. All of Debian's 60,000 packages would be as much.
MAX_STATUS = 64 * MIB
#: Bytes of a copyright file of which the licences are told: Chromium's, one of the longest, has 1.
MAX_COPYRIGHT = 2 * MIB
#: Licences of one package; the rest of a longer list is left out.
MAX_LICENSES = 50

#: States in which none of a package's files is there. All others count: the files of a package
#: that is half installed or waits for a trigger are as vulnerable as those of any other.
_ABSENT = frozenset({"not-installed", "config-files"})
_STATES = _ABSENT | {
    "half-installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending",
    "installed",
}  # fmt: skip
_FIELDS = frozenset({b"package", b"status", b"version", b"architecture", b"source", b"maintainer"})
_SPACE = b" \t"
_SOURCE = re.compile(r"(\S+)(?:\s+\((\S+)\))?")
_LICENSE = re.compile(rb"(?mi)^License:[ \t]*(\S[^\n]{0,200})")
_COMMON = re.compile(rb"/usr/share/common-licenses/([A-Za-z][A-Za-z0-9.+-]{1,40})")


class DpkgReader:
    """Rows of databases, and licences (a list in a dict) of copyright files."""

    name = NAME
    version = "1"
    wants = (
        Want(paths=(STATUS,), folders=(STATUS_FOLDER, UPDATES), largest=MAX_STATUS),
        Want(
            names=("copyright",),
            where=lambda path: path.startswith(COPYRIGHT) and path.count("/") == 4,
            largest=MAX_COPYRIGHT,
            must=False,
        ),
    )

    def read(self, entry: Entry, content: Content) -> Json:
        """Raises ReadError for a damaged database."""
        folder, _, name = entry.path.rpartition("/")
        if entry.path.startswith(COPYRIGHT):
            return {"licenses": licenses(content.data())}
        if folder == STATUS_FOLDER:
            if name.endswith(".md5sums"):
                return None
            return collect(_rows(content.file(), stated=False))
        if folder == UPDATES:
            # dpkg itself takes names of digits for its journal; `tmp.i` is not finished
            return (
                {"journal": collect(_rows(content.file(), journal=True))}
                if name.isdecimal()
                else None
            )
        return collect(_rows(content.file()))


def packages(image: Image) -> Iterable[Package]:
    """The installed packages, each once, with the licences of its copyright file."""
    distro = distro_of(image)
    values = image.found(NAME)
    for one in _merged(image, values).values():
        copyright_file = values.get(image.real(f"{COPYRIGHT}{one.row.name}/copyright"))
        found = copyright_file[1]["licenses"] if copyright_file else ()
        yield package("deb", one, distro, found)


def _merged(image: Image, values: dict[str, tuple[Layer, Any]]) -> dict[tuple[str, str], Installed]:
    """What counts, by name and architecture: the database, its journal, then single files."""
    single, rows = [], {}
    for one in installed(image, NAME):
        if one.path.rpartition("/")[0] == STATUS_FOLDER:
            single.append(one)
        else:
            rows[one.row.name, one.row.arch] = one
    for path, (layer, value) in sorted(values.items(), key=lambda item: item[0]):
        if "journal" in value:
            for fields in value["journal"]:
                row = Row(*fields)
                rows.pop((row.name, row.arch), None)
                if row.version:
                    rows[row.name, row.arch] = Installed(row, layer, path)
    for one in single:
        rows.setdefault((one.row.name, one.row.arch), one)
    return rows


def _rows(file: BinaryIO, *, stated: bool = True, journal: bool = False) -> Iterator[Row]:
    """The packages of a database; of a journal those without a version are gone."""
    for fields in records(file, _field, cut=not stated):
        name = word(fields.get(b"package", ""), "a package's name")
        state = _state(name, fields.get(b"status", "")) if stated else "installed"
        arch = fields.get(b"architecture", "")
        if arch:
            word(arch, f"the architecture of {name}")
        if state in _ABSENT:
            if journal:
                yield Row(name, "", arch, "", "")
            continue
        version = word(fields.get(b"version", ""), f"the version of {name}")
        stated_source = fields.get(b"source", name)
        source = _SOURCE.fullmatch(stated_source)
        if source is None:
            raise ReadError(f"is damaged: the source of {name} is {shown(stated_source, 60)!r}")
        source_name = word(source[1], f"the source of {name}")
        source_version = word(source[2] or version, f"the source's version of {name}")
        maintainer = line(fields.get(b"maintainer", ""))
        yield Row(name, version, arch, source_name, source_version, (), maintainer)


def _state(name: str, status: str) -> str:
    """The third word of `Status: install ok installed`."""
    words = status.split()
    if len(words) != 3 or words[2] not in _STATES:
        raise ReadError(f"is damaged: the status of {name} is {shown(status, 60)!r}")
    return words[2]


def _field(row: bytes) -> tuple[bytes, bytes] | None:
    if row[0] in _SPACE:  # goes on with the field above
        return None
    name, colon, value = row.partition(b":")
    if not colon:
        raise ReadError(f"is damaged: {shown(row.decode('utf-8', 'replace').strip(), 60)!r}")
    name = name.lower()
    return (name, value) if name in _FIELDS else None


def licenses(data: bytes) -> list[str]:
    """The licences that a copyright file states, or else the common ones that it points at."""
    names = [match[1] for match in _LICENSE.finditer(data)]
    if not names:
        names = [match[1].rstrip(b".") for match in _COMMON.finditer(data)]
    texts = (line(name.decode("utf-8", "replace")) for name in names)
    return sorted(dict.fromkeys(text for text in texts if text))[:MAX_LICENSES]


def reader(_settings: Settings) -> DpkgReader:
    """The reader; see readers.py."""
    return DpkgReader()
