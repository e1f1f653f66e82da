"""npm packages: those in `node_modules`, whichever tool put them there, and applications' own.

https://docs.npmjs.com/cli/configuring-npm/package-json. Inside of a package only `node_modules`
counts: a package.json elsewhere in it is a test's, an example's, or says how files are loaded.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dockgate.builder.packages.manifest import (
    MAX_MANIFEST,
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

NAME = "npm"
MODULES = "node_modules"
MANIFEST = "package.json"


def is_package(path: str) -> bool:
    """Whether the package.json at a path is a package's or an application's."""
    parts = path.split("/")[:-1]
    if MODULES not in parts:
        return True
    last = len(parts) - 1 - parts[::-1].index(MODULES)
    scoped = len(parts) > last + 1 and parts[last + 1].startswith("@")
    return len(parts) == last + (3 if scoped else 2)


class NpmReader:
    """A row for each package."""

    name = NAME
    version = "1"
    wants = (Want(names=(MANIFEST,), where=is_package, largest=MAX_MANIFEST, must=False),)

    def read(self, entry: Entry, content: Content) -> Json:  # noqa: ARG002
        """None for what has no name or no version: it is no package."""
        fields = table(json_of(content))
        scope, name = split(word(fields.get("name")))
        version = word(fields.get("version"))
        if not version:
            return None
        return kept([Row(name, version, scope, _licenses(fields))])


def packages(image: Image) -> Iterable[Package]:
    """Each package as often as it is there."""
    return packages_of(image, NAME)


def split(name: str) -> tuple[str, str]:
    """The scope, with its @, and the name."""
    scope, slash, rest = name.partition("/")
    return (scope, rest) if slash and scope.startswith("@") else ("", name)


def _licenses(fields: dict[str, Any]) -> list[str]:
    """`license` as it is now, and both forms that it once had."""
    given = fields.get("license") or fields.get("licenses")
    rows = given if isinstance(given, list) else [given]
    return licenses(row.get("type") if isinstance(row, dict) else row for row in rows)


def reader(_settings: Settings) -> NpmReader:
    """The reader; see readers.py."""
    return NpmReader()
