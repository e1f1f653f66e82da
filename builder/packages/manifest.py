"""What readers of language packages have in common: rows of a manifest, and who states them.

A manifest lies anywhere in an image, so a damaged one is passed over: it may be a test's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from dockgate.builder.packages.database import MAX_LINE, MAX_PACKAGES, MAX_WORD, line
from dockgate.builder.packages.package import Package
from dockgate.rules.subjects.image import Image, Layer
from dockgate.rules.subjects.reading import MIB, Content, Json

#: Bytes of a manifest of one package; the longest real ones are READMEs in `METADATA`.
MAX_MANIFEST = 4 * MIB
#: Bytes of what names many packages, a lock or an index.
MAX_LIST = 64 * MIB
#: Licences of one package.
_MAX_LICENSES = 20
_NO_WORD = re.compile(r"\s")


class Row(NamedTuple):
    """A package in a manifest; JSON makes a list of it."""

    name: str
    version: str
    namespace: str = ""
    licenses: Iterable[str] = ()
    place: str = ""  #: in an archive: the path in it


def word(value: object) -> str:
    """A name or version; empty when the value is none."""
    if not isinstance(value, str):
        return ""
    text = value.strip()
    if len(text) > MAX_WORD or not text.isprintable() or _NO_WORD.search(text):
        return ""
    return text


def licenses(values: Iterable[object]) -> list[str]:
    """What is a licence's name among them, each once."""
    texts = (line(value) for value in values if isinstance(value, str) and len(value) <= MAX_LINE)
    return [text for text in dict.fromkeys(texts) if text][:_MAX_LICENSES]


def kept(rows: Iterable[Row]) -> Json:
    """The rows as they are kept: those with a name, each once; None when there is none."""
    found: dict[tuple[str, str, str, str], Row] = {}
    for row in rows:
        if row.name:
            found.setdefault((row.namespace, row.name, row.version, row.place), row)
        if len(found) >= MAX_PACKAGES:
            break
    return [[*row[:3], list(row.licenses), row.place] for row in found.values()] or None


def stated(image: Image, reader: str) -> Iterator[tuple[Row, Layer, str]]:
    """All rows of the manifests that a container sees, with layer and path."""
    for path, (layer, value) in image.found(reader).items():
        for fields in value if isinstance(value, list) else ():
            yield Row(*fields), layer, path


def package(kind: str, row: Row, layer: Layer, path: str) -> Package:
    """The package that a row means."""
    return Package(
        kind,
        row.name,
        row.version,
        licenses=tuple(row.licenses),
        layer=layer.digest,
        path=path,
        namespace=row.namespace,
    )


def packages_of(image: Image, kind: str) -> Iterator[Package]:
    """All packages that the reader named like their type has found."""
    for row, layer, path in stated(image, kind):
        yield package(kind, row, layer, path)


def json_of(content: Content) -> Any:
    """The file as JSON; None when it is not."""
    try:
        return json.loads(content.data().removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return None


def table(value: object) -> dict[str, Any]:
    """The value when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}
