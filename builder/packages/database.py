"""What the databases of dpkg, apk and rpm have in common: their rows, and whose layer brought one.

A reader turns a database into rows; JSON makes lists of them. What became of the databases in the
merged file system, and since which layer a package is there, is put together here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from dockgate.builder.packages.package import Distro, Package
from dockgate.rules.subjects.image import Image, Layer, shown
from dockgate.rules.subjects.reading import Json, ReadError

#: Packages of one database. All of Debian in one image would be 60,000.
MAX_PACKAGES = 100_000
#: Characters of a name, a version or an architecture. The longest real ones have about 100.
MAX_WORD = 512
#: Characters of a licence or of a supplier; of texlive's licences nearly all.
MAX_LINE = 1_000


class Row(NamedTuple):
    """A package in a database of a distribution; the fields are those of `Package`."""

    name: str
    version: str
    arch: str
    source_name: str
    source_version: str
    licenses: Sequence[str] = ()
    supplier: str = ""
    module: str = ""


class Installed(NamedTuple):
    """A row of a database that a container sees."""

    row: Row
    layer: Layer  #: the lowest since which it is there
    path: str  #: of the database


def word(text: str, what: str) -> str:
    """A name or version as it stands. Raises ReadError for what no tool would have written."""
    if 0 < len(text) <= MAX_WORD and text.isprintable() and " " not in text:
        return text
    raise ReadError(f"is damaged: {what} is {shown(text, 60)!r}")


def line(text: str) -> str:
    """Text for people, on one line and not too long."""
    return shown(" ".join(text[: 2 * MAX_LINE].split()), MAX_LINE)


def records(
    file: BinaryIO, field: Callable[[bytes], tuple[bytes, bytes] | None], *, cut: bool = False
) -> Iterator[dict[bytes, str]]:
    """The records of a database of lines, between which are empty ones: values by field.

    `field` gives the name and value that a line has, None for a line that is not needed. Raises
    ReadError when the last line has no end, for then the file was cut off, except with `cut`.
    """
    fields: dict[bytes, str] = {}
    some = False
    row = b"\n"
    for row in file:
        if row.strip():
            some = True
            found = field(row)
            if found is not None:
                fields[found[0]] = found[1].decode("utf-8", "replace").strip()
        elif some:
            yield fields
            fields, some = {}, False
    if not (cut or row.endswith(b"\n")):
        raise ReadError("is damaged: it ends in the middle of a line")
    if some:
        yield fields


def collect(rows: Iterable[Row]) -> Json:
    """The rows as they are kept. Raises ReadError when there are too many."""
    kept = []
    for row in rows:
        kept.append(row)
        if len(kept) > MAX_PACKAGES:
            raise ReadError(f"has more than {MAX_PACKAGES:,} packages, which no image has")
    return kept


def installed(image: Image, reader: str) -> Iterator[Installed]:
    """All rows of the databases that a container sees."""
    for path, (layer, value) in sorted(image.found(reader).items(), key=lambda item: item[0]):
        if not isinstance(value, list):
            continue
        origin = _origins(image, reader, path, layer)
        for fields in value:
            row = Row(*fields)
            yield Installed(row, origin.get(row[:3], layer), path)


def _origins(image: Image, reader: str, path: str, last: Layer) -> dict[tuple[str, ...], Layer]:
    """For each package of the database at `path`: the layer since which it stands in it.

    Every layer that installs something brings a whole new database.
    """
    origins: dict[tuple[str, ...], Layer] = {}
    for layer in image.layers:
        value = layer.results.get(reader, {}).get(path)
        if isinstance(value, list):
            keys = {tuple(fields[:3]) for fields in value}
            origins = {key: origins.get(key, layer) for key in keys}
        if layer is last:
            break
    return origins


def package(kind: str, one: Installed, distro: Distro, licenses: Sequence[str] = ()) -> Package:
    """The package that a row means."""
    row = one.row
    return Package(
        kind,
        row.name,
        row.version,
        row.source_name,
        row.source_version,
        row.arch,
        tuple(licenses or row.licenses),
        one.layer.digest,
        one.path,
        distro.namespace,
        distro.qualifier,
        row.supplier,
        row.module,
    )
