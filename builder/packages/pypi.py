"""Python distributions that are installed: what `pip list` lists, and what others bring with them.

https://packaging.python.org/specifications/recording-installed-packages/ and, for eggs,
https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dockgate.builder.packages import jar
from dockgate.builder.packages.manifest import MAX_MANIFEST, Row, kept, licenses, packages_of, word
from dockgate.builder.packages.package import Package
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import KIB, MIB, Content, Json, Want

NAME = "pypi"

#: Bytes of a zipped egg, and header lines that are looked at.
_MAX_EGG = 64 * MIB
_MAX_HEADERS = 2_000
_MAX_METADATA = 64 * KIB
#: Characters of a `License` field that is a licence's name; many hold the whole text.
_MAX_LICENSE = 120

_FOLDERS = (".dist-info", ".egg-info", "EGG-INFO")
_FILE_NAME = re.compile(r"(?P<name>[^-/]+)-(?P<version>[^-/]+)")
_SEPARATORS = re.compile(r"[-_.]+")
_OSI = "License :: OSI Approved :: "


def _is_installed(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    folder = folder.rpartition("/")[2]
    wanted = folder.endswith(".dist-info") if name == "METADATA" else folder.endswith(_FOLDERS[1:])
    return wanted and not folder.startswith("~")  # what pip leaves of a removal that failed


class PypiReader:
    """A row for each distribution."""

    name = NAME
    version = "1"
    wants = (
        Want(names=("METADATA", "PKG-INFO"), where=_is_installed, whole=False),
        Want(suffixes=(".egg-info",), largest=MAX_MANIFEST, must=False, whole=False),
        Want(suffixes=(".egg",), starts=(b"PK",), largest=_MAX_EGG, must=False),
    )

    def read(self, entry: Entry, content: Content) -> Json:
        """None for a file without a name, neither in it nor in its path."""
        data = content.start
        if entry.path.endswith(".egg"):
            data = _of_egg(content)
        return kept([_row(data, entry.path)])


def packages(image: Image) -> Iterable[Package]:
    """The distributions, by their normalised names."""
    return packages_of(image, NAME)


def normalised(name: str) -> str:
    """A name as indexes and advisories have it (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


def _row(data: bytes, path: str) -> Row:
    fields, classifiers = _headers(data)
    name, version = word(fields.get("name")), word(fields.get("version"))
    if not name or not version:
        folder, _, last = path.rpartition("/")
        if last in ("METADATA", "PKG-INFO"):
            last = folder.rpartition("/")[2]
            last = folder.rpartition("/")[0].rpartition("/")[2] if last == _FOLDERS[2] else last
        match = _FILE_NAME.match(last.removesuffix(".dist-info").removesuffix(".egg-info"))
        if match is not None:
            name, version = name or word(match["name"]), version or word(match["version"])
    return Row(normalised(name), version, licenses=_licenses(fields, classifiers))


def _headers(data: bytes) -> tuple[dict[str, str], list[str]]:
    """The header lines that are needed, by name in small letters, and the classifiers."""
    fields: dict[str, str] = {}
    classifiers = []
    last = ""
    for row in data.decode("utf-8", "replace").splitlines()[:_MAX_HEADERS]:
        if not row.strip():
            break
        if row[0] in " \t":
            if last == "license":
                fields[last] += "\n"  # a text: its first line is no name
            continue
        key, _, value = row.partition(":")
        last = key.lower()
        if last == "classifier":
            classifiers.append(value.strip())
        elif last in ("name", "version", "license", "license-expression"):
            fields[last] = fields.get(last) or value.strip()
        else:
            last = ""
    return fields, classifiers


def _licenses(fields: dict[str, str], classifiers: list[str]) -> list[str]:
    """The expression, else the field's name, else what the classifiers say."""
    expression = fields.get("license-expression")
    if expression:
        return licenses([expression])
    text = fields.get("license", "")
    if text and "\n" not in text and len(text) <= _MAX_LICENSE and text.upper() != "UNKNOWN":
        return licenses([text])
    return licenses(one.removeprefix(_OSI) for one in classifiers if one.startswith(_OSI))


def _of_egg(content: Content) -> bytes:
    with content.file() as file:
        return jar.member(file, "EGG-INFO/PKG-INFO", _MAX_METADATA)


def reader(_settings: Settings) -> PypiReader:
    """The reader; see readers.py."""
    return PypiReader()
