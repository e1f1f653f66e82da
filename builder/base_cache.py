"""Manifests and configurations of base images on disk, by digest.

What lies there is believed only if its digest is its name, so that nothing in it can be stale or
forged. Several runs may use it at once: a file appears whole or not at all. Where it cannot be
written, there is none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

from dockgate.builder.bounds import MAX_MANIFEST, MIB

#: What is kept at most, in files and bytes; an image has two or three, of some KiB all in all.
MAX_FILES = 2_000
MAX_BYTES = 64 * MIB
_KEPT = 0.75  #: of both, once one is passed


def default_folder() -> Path | None:
    """`dockgate/bases` in the user's cache (XDG Base Directory Specification 0.8)."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(root):
        root = os.path.join(os.path.expanduser("~"), ".cache")
    return Path(root, "dockgate", "bases") if os.path.isabs(root) else None


class BaseCache:
    """A folder of documents, none where `folder` is None."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, digest: str) -> bytes | None:
        """The document of this digest."""
        path = self._path(digest)
        if path is None:
            return None
        try:
            # Neither a link nor a pipe that somebody else has put there.
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return None
                data = file.read(MAX_MANIFEST + 1)
        except OSError:
            return None
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # the oldest go first
        return data

    def put(self, digest: str, data: bytes) -> None:
        """Keep a document that has been verified."""
        path = self._path(digest)
        if path is None:
            return
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(prefix=".new-", dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                os.replace(temporary, path)
            except BaseException:
                os.unlink(temporary)
                raise
            trim(path.parent, MAX_FILES, MAX_BYTES)
        except OSError:
            pass

    def _path(self, digest: str) -> Path | None:
        return self._folder / digest.replace(":", "-") if self._folder is not None else None


def trim(folder: Path, most_files: int, most_bytes: int) -> None:
    """Take the oldest away once there is too much; what a dead run left behind ages as well."""
    files = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # another run takes away, too
                if entry.is_file(follow_symlinks=False):
                    found = entry.stat(follow_symlinks=False)
                    files.append((found.st_mtime, found.st_size, entry.path))
    count, size = len(files), sum(size for _, size, _ in files)
    if count <= most_files and size <= most_bytes:
        return
    for _, length, path in sorted(files):
        if count <= most_files * _KEPT and size <= most_bytes * _KEPT:
            break
        with contextlib.suppress(OSError):
            os.unlink(path)
        count, size = count - 1, size - length
