"""PHP packages that Composer has installed: `vendor/composer/installed.json`.

https://getcomposer.org/doc/ and composer's InstalledFilesystemRepository: a list up to version 1,
an object with `packages` since version 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dockgate.builder.packages.manifest import (
    MAX_LIST,
    Row,
    json_of,
    kept,
    licenses,
    packages_of,
    table,
    word,
)
from dockgate.builder.packages.package import Package
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import Content, Json, Want

NAME = "composer"


class ComposerReader:
    """Rows of what is installed beside the file."""

    name = NAME
    version = "1"
    wants = (
        Want(
            names=("installed.json",),
            where=lambda path: path.endswith("composer/installed.json"),
            largest=MAX_LIST,
        ),
    )

    def read(self, entry: Entry, content: Content) -> Json:  # noqa: ARG002
        """None for a file of another kind."""
        document = json_of(content)
        found = table(document).get("packages", document)
        return kept(rows(found))


def rows(found: Any) -> Iterator[Row]:
    """The packages of a list as Composer writes it."""
    for one in found if isinstance(found, list) else ():
        fields = table(one)
        vendor, _, name = word(fields.get("name")).rpartition("/")
        given = fields.get("license")
        stated_licenses = licenses(given if isinstance(given, list) else [given])
        yield Row(name, word(fields.get("version")), vendor, stated_licenses)


def packages(image: Image) -> Iterable[Package]:
    """The packages of every `vendor` folder."""
    return packages_of(image, NAME)


def reader(_settings: Settings) -> ComposerReader:
    """The reader; see readers.py."""
    return ComposerReader()
