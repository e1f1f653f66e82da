"""What the tests of package readers share: a file read alone, and whole images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dockgate.builder.content import Held
from dockgate.builder.layout import open_image
from dockgate.builder.packages import MODULES
from dockgate.builder.packages.inventory import Inventory, inventory
from dockgate.builder.readers import all_readers
from dockgate.rules.settings import DEFAULT_SETTINGS
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import START, Json
from tests.builder.images import LayerFiles, Layout

DEBIAN = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
ALPINE = 'ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n'
ROCKY = 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.3"\nPRETTY_NAME="Rocky 9.3"\n'


def value_of(reader: Any, path: str, data: bytes) -> Json:
    """What a reader makes of one file."""
    content = Held(len(data), data)
    assert content.start == data[:START]
    return reader.read(Entry(path, "file", 0o644, 0, 0, len(data), "", (0, 0), {}), content)


def image_of(folder: Path, *layers: LayerFiles) -> Image:
    """An image with these layers, read by all readers."""
    layout = Layout(folder)
    layout.index(layout.image(layers, compress="none"))
    readers = [one for one in all_readers(DEFAULT_SETTINGS) if one.name in READERS]
    return open_image(str(folder), readers=readers)


def packages_of(folder: Path, *layers: LayerFiles) -> Inventory:
    """The inventory of an image with these layers."""
    return inventory(image_of(folder, *layers))


READERS = {"contents", "distro", "dpkg", "apk", "rpm"}
assert len(MODULES) >= 3


def files(folder: Path, at: str) -> Mapping[str, bytes]:
    """The files of a folder, as they would lie at `at` in a layer."""
    return {f"{at}/{one.name}": one.read_bytes() for one in sorted(folder.iterdir())}
