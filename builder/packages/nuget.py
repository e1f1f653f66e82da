""".NET packages: the `*.deps.json` that each application and each shared framework brings.

https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dockgate.builder.packages.manifest import (
    MAX_LIST,
    Row,
    json_of,
    kept,
    packages_of,
    table,
    word,
)
from dockgate.builder.packages.package import Package
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import Content, Json, Want

NAME = "nuget"

#: Types of libraries that come from a feed, not from the application's own projects.
_PACKAGES = ("package", "runtimepack")


class NugetReader:
    """Rows of the packages that an application runs with."""

    name = NAME
    version = "1"
    wants = (Want(suffixes=(".deps.json",), largest=MAX_LIST),)

    def read(self, entry: Entry, content: Content) -> Json:  # noqa: ARG002
        """None for a file of another kind."""
        return kept(_rows(table(json_of(content))))


def _rows(document: dict[str, Any]) -> Iterator[Row]:
    runs = {
        library
        for target in table(document.get("targets")).values()
        for library, parts in table(target).items()
        if not _only_compiled_with(table(parts))
    }
    for library, fields in table(document.get("libraries")).items():
        if library not in runs or table(fields).get("type") not in _PACKAGES:
            continue
        name, _, version = library.rpartition("/")
        yield Row(word(name.removeprefix("runtimepack.")), word(version))


def _only_compiled_with(parts: dict[str, Any]) -> bool:
    """Whether nothing of a library is there when the application runs."""
    files = {"runtime", "runtimeTargets", "native", "resources"}
    return "compile" in parts and not files & parts.keys()


def packages(image: Image) -> Iterable[Package]:
    """The packages of each application."""
    return packages_of(image, NAME)


def reader(_settings: Settings) -> NugetReader:
    """The reader; see readers.py."""
    return NugetReader()
