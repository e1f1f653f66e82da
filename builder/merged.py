"""What a container of an image would see, file by file with hashes: to look into, and to compare.

`rows(open_image(source, readers=[FileHashes()]))` equals what `docker export` gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dockgate.rules.subjects.entries import NO_DEVICE, NO_XATTRS, Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import Json, Want

#: Rights of a folder that no layer has an entry of, as engines make it.
IMPLIED_MODE = 0o755


class Row(NamedTuple):
    """A path of the merged file system."""

    path: str
    kind: str  #: as `Entry.kind`; a hard link is a "file"
    mode: int
    uid: int
    gid: int
    size: int
    sha256: str  #: of a file's content; "" without `FileHashes`, and for all else
    link: str  #: target of a symbolic link
    device: tuple[int, int]
    xattrs: Mapping[str, bytes]
    #: what two paths have in common that are one file: the layer and the entry, in one number
    inode: int


class FileHashes:
    """Reads every file for its SHA-256."""

    name = "sha256"
    version = "1"
    wants = (Want(),)

    def open(self, _entry: Entry) -> FileHash:
        """The hash of one file."""
        return FileHash()


class FileHash:
    """One file that is hashed."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def feed(self, piece: bytes) -> None:
        """Hash the next piece."""
        self._hash.update(piece)

    def end(self) -> Json:
        """The digest in hexadecimal digits."""
        return self._hash.hexdigest()


def rows(image: Image) -> Iterator[Row]:
    """Every path, folders before what is in them."""
    for path, entry, layer, number in image.final().nodes():
        if entry is None or layer is None:
            yield Row(path, "dir", IMPLIED_MODE, 0, 0, 0, "", "", NO_DEVICE, NO_XATTRS, -1)
            continue
        kind, link, digest, inode = entry.kind, entry.link, "", -1
        if kind in ("file", "hardlink"):
            digest = layer.results.get(FileHashes.name, {}).get(layer.entries.path(number), "")
            kind, link, inode = "file", "", (layer.index << 32) | number
        yield Row(
            path, kind, entry.mode, entry.uid, entry.gid, entry.size, digest, link,
            entry.device, entry.xattrs, inode,
        )  # fmt: skip
