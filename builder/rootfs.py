"""A root file system in a folder as an image of one layer, without a configuration.

Nothing outside of the folder is ever opened: every path is reached from its folder's descriptor,
no symbolic link is followed, and devices, pipes and sockets are told but not opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from dockgate.builder.bounds import MAX_PATH_DEPTH, Budget, ImageError
from dockgate.builder.dispatch import Dispatch
from dockgate.builder.layers import PIECE, LayerPass, finish
from dockgate.builder.watch import Watch
from dockgate.rules.subjects.entries import NO_DEVICE, NO_XATTRS, Entry
from dockgate.rules.subjects.image import Image, ImageConfig, Layer, shown

#: Of which a root file system has one at least, and what only an image as a layout has.
_TELLING = ("etc", "usr")
_LAYOUT = ("index.json", "oci-layout", "manifest.json", "blobs")
#: Where kernels and runtimes mount what is not part of the system.
_MOUNTED = frozenset({"proc", "sys", "dev", "run"})
#: What is asked for of a file's attributes: what gives rights. Others are the host's own affair.
_XATTRS = ("security.capability",)

_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "dir",
    stat.S_IFLNK: "symlink",
    stat.S_IFCHR: "char",
    stat.S_IFBLK: "block",
    stat.S_IFIFO: "fifo",
}
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def is_root_filesystem(folder: str) -> bool:
    """Whether a folder looks like one, and not like an image layout."""
    return any(os.path.isdir(os.path.join(folder, name)) for name in _TELLING) and not any(
        os.path.lexists(os.path.join(folder, name)) for name in _LAYOUT
    )


def read_rootfs(folder: str, name: str, dispatch: Dispatch, watch: Watch | None = None) -> Image:
    """The folder as an image; `watch` is told how far it is. Raises ImageError past a bound.

    What cannot be read is told in `Layer.unread`.
    """
    layer = Layer(0, "", 0, "")
    budget = Budget()
    reading = LayerPass(layer, budget, dispatch)
    _Tree(folder, reading, budget, watch).read()
    finish(layer)
    image = Image(name, "", ImageConfig(), [layer])
    image.has_config = False
    return image


class _Folder(NamedTuple):
    fd: int
    path: str
    names: Iterator[str]


class _Tree:
    """The walk through the folder."""

    def __init__(
        self, folder: str, reading: LayerPass, budget: Budget, watch: Watch | None
    ) -> None:
        self._reading = reading
        self._layer = reading.layer
        self._budget = budget
        self._watch = watch
        self._inodes: dict[tuple[int, int], str] = {}  #: of files with several names
        try:
            self._root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise ImageError(f"cannot be opened: {error.strerror}") from None
        self._device = os.fstat(self._root).st_dev

    def read(self) -> None:
        """Every path, each folder before what is in it."""
        stack = [_Folder(self._root, "", _names(self._root))]
        try:
            while stack:
                here = stack[-1]
                name = next(here.names, None)
                if name is None:
                    os.close(stack.pop().fd)
                    continue
                below = self._take(here, name)
                if below is not None:
                    stack.append(below)
                    if len(stack) > MAX_PATH_DEPTH:
                        raise ImageError(
                            f"has a path more than {MAX_PATH_DEPTH} folders deep: "
                            f"{shown(below.path)[:80]}"
                        )
        finally:
            for folder in stack:
                os.close(folder.fd)

    def _take(self, here: _Folder, name: str) -> _Folder | None:
        path = f"{here.path}/{name}" if here.path else name
        try:
            status = os.stat(name, dir_fd=here.fd, follow_symlinks=False)
            kind = _KINDS.get(stat.S_IFMT(status.st_mode))
            if kind is None:
                return None  # a socket: no image has one
            link = os.readlink(name, dir_fd=here.fd) if kind == "symlink" else ""
        except FileNotFoundError:
            return None  # it went while it was looked at
        except OSError as error:
            self._unread(path, error.strerror or "")
            return None
        if kind == "file" and status.st_nlink > 1:
            inode = status.st_dev, status.st_ino
            link = self._inodes.setdefault(inode, path)
            kind, link = ("file", "") if link == path else ("hardlink", link)
        size = status.st_size if kind in ("file", "hardlink") else 0
        device = NO_DEVICE
        if kind in ("char", "block"):
            device = os.major(status.st_rdev), os.minor(status.st_rdev)
        entry = Entry(
            path, kind, stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid, size, link,
            device, _xattrs(here.fd, name) if kind == "file" else NO_XATTRS,
        )  # fmt: skip
        self._budget.entries(1, self._layer.entries.append(entry))
        self._layer.unpacked += size if kind == "file" else 0
        if kind == "dir":
            return self._enter(here, name, path, status)
        if kind in ("file", "hardlink"):
            self._hand(here, name, entry, status)
        return None

    def _enter(self, here: _Folder, name: str, path: str, status: os.stat_result) -> _Folder | None:
        if status.st_dev != self._device:
            if path not in _MOUNTED:
                self._unread(path, "it is another file system, mounted there")
            return None
        try:
            fd = os.open(name, _FLAGS | os.O_DIRECTORY, dir_fd=here.fd)
        except OSError as error:
            self._unread(path, error.strerror or "")
            return None
        try:
            return _Folder(fd, path, _names(fd))
        except OSError as error:
            os.close(fd)
            self._unread(path, error.strerror or "")
            return None

    def _hand(self, here: _Folder, name: str, entry: Entry, status: os.stat_result) -> None:
        dispatch = self._reading.dispatch
        linked = entry.kind != "file"
        if linked and not dispatch.named(entry.path, entry.mode):
            return
        try:
            fd = os.open(name, _FLAGS, dir_fd=here.fd)
        except OSError as error:
            self._unread(entry.path, error.strerror or "")
            return
        try:
            opened = os.fstat(fd)
            if not stat.S_ISREG(opened.st_mode) or opened.st_ino != status.st_ino:
                raise ImageError(f"{entry.path!r} changed while it was read: scan a copy")
            one = entry._replace(kind="file", link="")
            content = _Content(fd, entry.path, opened.st_size, self._budget)
            size = opened.st_size
            piece = content.read(PIECE)
            one = one._replace(size=size)
            choices = (dispatch.by_name if linked else dispatch.of)(
                entry.path, entry.mode, size, piece
            )
            self._reading.file([(one, choice) for choice in choices], size, piece, content.read)
            if self._watch is not None:
                self._watch.add(opened.st_size)
        finally:
            os.close(fd)

    def _unread(self, path: str, why: str) -> None:
        self._layer.unread = self._layer.unread or f"{path!r} was not read: {why}"


class _Content:
    """A file as it is read: no more of it than it had when it was opened."""

    def __init__(self, fd: int, path: str, size: int, budget: Budget) -> None:
        self._fd = fd
        self._path = path
        self._left = size
        self._budget = budget
        budget.allow(size)

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        parts = []
        wanted = min(size, self._left)
        while wanted:
            try:
                part = os.read(self._fd, wanted)
            except OSError as error:
                raise ImageError(f"{self._path!r} cannot be read: {error.strerror}") from None
            if not part:
                raise ImageError(f"{self._path!r} changed while it was read: scan a copy")
            parts.append(part)
            wanted -= len(part)
            self._left -= len(part)
            self._budget.take(len(part))
        return b"".join(parts)


def _names(fd: int) -> Iterator[str]:
    """What is in a folder, in an order that does not change."""
    return iter(sorted(os.listdir(fd)))


def _xattrs(fd: int, name: str) -> Mapping[str, bytes]:
    """A file's attributes that matter, where the system has such."""
    if not hasattr(os, "getxattr"):
        return NO_XATTRS
    found = {}
    for key in _XATTRS:
        try:
            found[key] = os.getxattr(f"/proc/self/fd/{fd}/{name}", key, follow_symlinks=False)
        except OSError:  # it has none
            continue
    return found or NO_XATTRS
