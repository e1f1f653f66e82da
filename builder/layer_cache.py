"""What was read of layers, on disk: a rebuild reads only the layers that are new.

A file's name is a hash of the layer's digests, of the readers with their versions, and of what
this dockgate is. It holds paths, rights and the readers' values, in which there is no secret's
value. Several runs may use the folder at once: a file appears whole or not at all. One that is
damaged, not the user's own, or not of this form is passed over and written anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
import tempfile
import zlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dockgate import __version__
from dockgate.builder import base_cache
from dockgate.builder.bounds import MIB, Budget
from dockgate.builder.dispatch import AnyReader
from dockgate.builder.layers import finish
from dockgate.rules.subjects.entries import KINDS, Entries, Further
from dockgate.rules.subjects.image import Layer

_FORM = b"dockgate layer 1\n"
#: Layers of more entries are read each time: as JSON they would take too much memory.
MAX_ENTRIES = 200_000
#: Bytes of one file, and what it may unpack to.
MAX_FILE = 32 * MIB
MAX_UNPACKED = 128 * MIB
#: What is kept at most, in files and bytes.
MAX_FILES = 2_000
MAX_BYTES = 512 * MIB
#: What comes of a document of another form.
_ODD = (
    ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError, RecursionError,
)  # fmt: skip
_HASH = 32  # bytes of SHA-256
_COLUMNS = ("folder", "modes", "owner", "sizes")


class LayerCache:
    """Layers as these readers have read them; nothing is kept where `folder` is None."""

    def __init__(self, folder: Path | None, readers: Sequence[AnyReader]) -> None:
        self._folder = folder
        told = [[reader.name, reader.version] for reader in readers]
        self._common = [__version__, sys.version, told, list(_program())]

    def load(self, layer: Layer, budget: Budget) -> bool:
        """Fill `layer`, whose digests are known, from what is kept; whether there was something.

        Raises ImageError past a bound, as reading it would have done.
        """
        data = self._read(self._path(layer))
        if data is None:
            return False
        try:
            entries, results, unpacked, cost = _understood(data)
            read = Layer(layer.index, layer.digest, layer.size, layer.media_type)
            read.entries, read.results, read.unpacked = entries, results, unpacked
            finish(read)
        except _ODD:
            return False
        budget.entries(len(entries), cost[0])
        budget.value(cost[1])
        layer.take_over(read)
        return True

    def store(self, layer: Layer) -> None:
        """Keep a layer that was read whole, and whose content has the digests."""
        path = self._path(layer)
        if path is None or layer.unread or len(layer.entries) > MAX_ENTRIES:
            return
        packed = zlib.compress(_told(layer), 1)
        if len(packed) > MAX_FILE - 100:
            return
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(prefix=".new-", dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(_FORM + hashlib.sha256(packed).digest() + packed)
                os.replace(temporary, path)
            except BaseException:
                os.unlink(temporary)
                raise
            base_cache.trim(path.parent, MAX_FILES, MAX_BYTES)

    def _path(self, layer: Layer) -> Path | None:
        if self._folder is None:
            return None
        key = json.dumps([*self._common, layer.digest, layer.diff_id])
        return self._folder / hashlib.sha256(key.encode()).hexdigest()

    def _read(self, path: Path | None) -> bytes | None:
        if path is None:
            return None
        try:
            # Neither a link nor a pipe that somebody else has put there.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                found = os.fstat(descriptor)
                own = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
                if not own or found.st_mode & 0o022 or found.st_size > MAX_FILE:
                    return None
                data = file.read(MAX_FILE)
        except OSError:
            return None
        start = len(_FORM) + _HASH
        packed = data[start:]
        if data[:start] != _FORM + hashlib.sha256(packed).digest():
            return None
        with suppress(OSError):
            os.utime(path)  # the oldest go first
        unpacker = zlib.decompressobj()
        try:
            text = unpacker.decompress(packed, MAX_UNPACKED)
        except zlib.error:
            return None
        return text if unpacker.eof else None


def default_folder() -> Path | None:
    """`dockgate/layers` in the user's cache (XDG Base Directory Specification 0.8)."""
    bases = base_cache.default_folder()
    return bases.parent / "layers" if bases is not None else None


def _told(layer: Layer) -> bytes:
    entries = layer.entries
    document: dict[str, Any] = {
        "folders": entries.folders,
        "owners": entries.owners,
        "names": entries.names,
        "kinds": list(entries.kinds),
        **{column: getattr(entries, column).tolist() for column in _COLUMNS},
        "further": [
            [number, one.link, one.device, {k: v.hex() for k, v in one.xattrs.items()}]
            for number, one in entries.further.items()
        ],
        "results": layer.results,
        "unpacked": layer.unpacked,
        "cost": [entries.cost, len(json.dumps(layer.results))],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _understood(data: bytes) -> tuple[Entries, dict[str, dict[str, Any]], int, tuple[int, int]]:
    """What `_told` has written. Anything else raises one of several errors."""
    document = json.loads(data)
    entries = Entries()
    entries.folders = _texts(document["folders"])
    entries.names = _texts(document["names"])
    entries.owners = [(_whole(uid), _whole(gid)) for uid, gid in document["owners"]]
    entries.kinds = bytearray(document["kinds"])
    for column in _COLUMNS:
        items: array[int] = getattr(entries, column)
        items.extend(document[column])
    count = len(entries.names)
    columns = [entries.kinds, *(getattr(entries, column) for column in _COLUMNS)]
    if count > MAX_ENTRIES or any(len(column) != count for column in columns):
        raise ValueError
    if count and (
        max(entries.folder) >= len(entries.folders)
        or max(entries.owner) >= len(entries.owners)
        or max(entries.kinds) >= len(KINDS)
        or max(entries.modes) > 0o7777
        or min(entries.sizes) < 0
    ):
        raise ValueError
    for number, link, (major, minor), xattrs in document["further"]:
        if not 0 <= number < count or not isinstance(link, str):
            raise ValueError
        values = {str(key): bytes.fromhex(value) for key, value in xattrs.items()}
        entries.further[number] = Further(link, (_whole(major), _whole(minor)), values)
    linked = {KINDS.index("symlink"), KINDS.index("hardlink")}
    if any(kind in linked and n not in entries.further for n, kind in enumerate(entries.kinds)):
        raise ValueError
    results = document["results"]
    if not all(isinstance(values, dict) for values in results.values()):
        raise TypeError
    cost = document["cost"]
    entries.cost = _whole(cost[0])
    return entries, dict(results), _whole(document["unpacked"]), (entries.cost, _whole(cost[1]))


def _texts(items: Any) -> list[str]:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise TypeError
    return items


def _whole(number: Any) -> int:
    if not isinstance(number, int):
        raise TypeError
    return number


def _program() -> Iterator[str]:
    """What tells this program from another version of it, in a checkout too."""
    package = Path(__file__).resolve().parent.parent
    for part in ("builder", "linter", "rules"):
        for folder, folders, files in os.walk(package / part):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(files):
                if name.endswith((".py", ".json")):
                    found = os.stat(os.path.join(folder, name))
                    yield f"{folder} {name} {found.st_size} {found.st_mtime_ns}"
