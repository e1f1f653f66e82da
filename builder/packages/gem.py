"""Ruby gems that are installed: RubyGems' own specifications.

https://guides.rubygems.org/specification-reference/. They are Ruby code, which is not run: what
RubyGems writes has a first line for reading without running, and one assignment a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dockgate.builder.packages.manifest import MAX_MANIFEST, Row, kept, licenses, packages_of, word
from dockgate.builder.packages.package import Package
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import Content, Json, Want

NAME = "gem"

_STUB = re.compile(r"(?m)^# stub: (\S+) (\S+) (\S+)")
_FIELD = re.compile(r"(?m)^[ \t]*\w{1,20}\.(name|version|licenses?)[ \t]*=[ \t]*([^\n]{0,500})")
_QUOTED = re.compile(r"""["']([^"'\n]{1,200})["']""")
_FILE_NAME = re.compile(r"(.+?)-(\d[^-/]*)(?:-.+)?\.gemspec")


class GemReader:
    """A row for each gem."""

    name = NAME
    version = "1"
    wants = (
        Want(
            suffixes=(".gemspec",),
            where=lambda path: "/specifications/" in f"/{path}",
            largest=MAX_MANIFEST,
            must=False,
        ),
    )

    def read(self, entry: Entry, content: Content) -> Json:
        """None when neither the file nor its name tells a gem."""
        text = content.data().decode("utf-8", "replace")
        fields: dict[str, list[str]] = {}
        for match in _FIELD.finditer(text):
            fields.setdefault(match[1], _QUOTED.findall(match[2]))
        stub = _STUB.search(text[:1000])
        named = _FILE_NAME.fullmatch(entry.path.rpartition("/")[2])
        name, version = _first(fields, "name"), _first(fields, "version")
        if stub is not None:
            name, version = stub[1], stub[2]
        elif named is not None:
            name, version = name or named[1], version or named[2]
        stated_licenses = fields.get("licenses") or fields.get("license") or []
        return kept([Row(word(name), word(version), licenses=licenses(stated_licenses))])


def _first(fields: dict[str, list[str]], key: str) -> str:
    return fields[key][0] if fields.get(key) else ""


def packages(image: Image) -> Iterable[Package]:
    """The gems, those that come with Ruby among them."""
    return packages_of(image, NAME)


def reader(_settings: Settings) -> GemReader:
    """The reader; see readers.py."""
    return GemReader()
