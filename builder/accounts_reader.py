"""The few files whose whole content rules read: accounts, and which system it is."""

from __future__ import annotations

import re

from dockgate.builder.bounds import MIB
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.reading import Content, Json, Want

NAME = "contents"

#: By the end of their path: Nix links /etc/passwd to its store.
KEPT = ("etc/passwd", "etc/group", "etc/os-release", "usr/lib/os-release")

#: A password's hash, which old systems have here and not in /etc/shadow. It is not kept.
_HASH = re.compile(rb"(?m)^([^:\n]*:)[^:\n]{3,}(?=:)")


class AccountsReader:
    """`Layer.contents`."""

    name = NAME
    version = "1"
    wants = (
        Want(
            names=tuple({path.rpartition("/")[2] for path in KEPT}),
            where=lambda path: path.endswith(KEPT),
            largest=1 * MIB,
        ),
    )

    def read(self, entry: Entry, content: Content) -> Json:
        """The bytes as Latin-1, each a character."""
        data = content.data()
        if entry.path.endswith("etc/passwd"):
            data = _HASH.sub(rb"\1(hash)", data)
        return data.decode("latin-1")


def contents_of(values: dict[str, Json]) -> dict[str, bytes]:
    """The contents of a layer's files from the reader's values."""
    return {path: text.encode("latin-1") for path, text in values.items()}


def reader(_settings: Settings) -> AccountsReader:
    """The reader; see readers.py."""
    return AccountsReader()
