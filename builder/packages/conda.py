"""Conda packages that are installed: `conda-meta/*.json` of each environment.

https://docs.conda.io/projects/conda/en/stable/dev-guide/specs/
"""

from __future__ import annotations

from collections.abc import Iterable

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

NAME = "conda"


class CondaReader:
    """A row for each package; it lists the package's files as well."""

    name = NAME
    version = "1"
    wants = (
        Want(
            suffixes=(".json",),
            where=lambda path: path.rpartition("/")[0].endswith("conda-meta"),
            largest=MAX_LIST,
            must=False,
        ),
    )

    def read(self, entry: Entry, content: Content) -> Json:  # noqa: ARG002
        """None for a file of another kind."""
        fields = table(json_of(content))
        name, version = word(fields.get("name")), word(fields.get("version"))
        if not version:
            return None
        return kept([Row(name, version, licenses=licenses([fields.get("license")]))])


def packages(image: Image) -> Iterable[Package]:
    """The packages of every environment."""
    return packages_of(image, NAME)


def reader(_settings: Settings) -> CondaReader:
    """The reader; see readers.py."""
    return CondaReader()
