"""Where an image's blobs lie: in a folder, or in a tar that may be compressed.

Only names that dockgate itself makes (`index.json`, `blobs/sha256/<hex>`) are opened on disk;
names that an archive or a manifest gives are looked up in the archive's own table.
"""

from __future__ import annotations

import os
import posixpath
import stat
import tempfile
from typing import Protocol

from dockgate.builder.bounds import MAX_ENTRIES, Budget, ImageError
from dockgate.builder.tarstream import TarStream
from dockgate.builder.unpack import DIGEST, GZIP, ZSTD, FileSection, Section, unpacked
from dockgate.linter.configuration.sizes import human_size

#: Links that are followed within an archive: docker save linked equal layers until version 25.
MAX_LINKS = 8


class Store(Protocol):
    """What blobs are found in."""

    is_archive: bool
    is_remote: bool  #: a blob that is not looked for need not be there at all

    def find(self, path: str) -> Section | None:
        """The file at `path` (relative, with `/`), None when there is none."""

    def close(self) -> None:
        """Give back what is open."""


def open_store(source: str) -> Folder | Archive:
    """The folder or archive at `source`; ImageError when it cannot be read or is neither."""
    try:
        fd = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ImageError(f"cannot be opened: {reason}") from None
    try:
        mode = os.fstat(fd).st_mode
        if stat.S_ISREG(mode):
            return Archive(fd)
        if not stat.S_ISDIR(mode):
            raise ImageError("is no file and no folder")
    except BaseException:
        os.close(fd)
        raise
    os.close(fd)
    return Folder(source)


def find_blob(store: Store, digest: str) -> Section | None:
    """The blob of this digest (OCI image-layout, "Blobs"), None when there is none."""
    if not DIGEST.fullmatch(digest):
        raise ImageError(f"{digest[:80]!r} is no sha256 or sha512 digest")
    return store.find("blobs/" + digest.replace(":", "/"))


class Folder:
    """An OCI layout as a folder."""

    is_archive = False
    is_remote = False

    def __init__(self, root: str) -> None:
        self._root = root

    def find(self, path: str) -> Section | None:
        """The file at `path`; a link is followed (Bazel makes them): its digest must be right."""
        try:
            fd = os.open(os.path.join(self._root, path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise ImageError(f"{path} cannot be opened: {error.strerror}") from None
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            os.close(fd)
            raise ImageError(f"{path} is no file")
        return FileSection(fd, 0, status.st_size, owned=True)

    def close(self) -> None:
        """Nothing stays open."""


class Archive:
    """An OCI layout or `docker save` output as one tar."""

    is_archive = True
    is_remote = False

    def __init__(self, fd: int) -> None:
        """Takes over `fd`, a regular file, unless it raises ImageError."""
        self._files: dict[str, tuple[int, int]] = {}
        self._links: dict[str, str] = {}
        start = os.pread(fd, 4, 0)
        compressed = start.startswith(GZIP) or start == ZSTD
        self._fd = _spooled(fd) if compressed else fd
        try:
            self._read_table()
        except ImageError as error:
            if compressed:
                os.close(self._fd)
            if self._files:
                raise ImageError(f"the archive {error}") from None
            raise ImageError(
                "is no image: neither an OCI layout nor a tar made by docker save"
            ) from None
        if compressed:
            os.close(fd)

    def _read_table(self) -> None:
        """Where each file's content stands. Of two with one name the last counts, as when
        unpacking.
        """
        source = _Seekable(self._fd)
        for count, member in enumerate(TarStream(source)):
            if count >= MAX_ENTRIES:
                raise ImageError(f"has more than {MAX_ENTRIES:,} files: it is no image")
            name = inside(member.name)
            if member.kind == "file":
                self._files[name] = source.at, member.stored
                self._links.pop(name, None)
                continue
            if member.kind == "symlink":
                self._links[name] = inside(posixpath.join(posixpath.dirname(name), member.link))
            elif member.kind == "hardlink":
                self._links[name] = inside(member.link)
            self._files.pop(name, None)
        if not self._files:
            raise ImageError("is empty")

    def find(self, path: str) -> Section | None:
        """The file at `path` in the archive, through its links."""
        name = inside(path)
        for _ in range(MAX_LINKS):
            if name in self._files:
                return FileSection(self._fd, *self._files[name])
            if name not in self._links:
                return None
            name = self._links[name]
        raise ImageError(f"{path[:300]!r} is a link that leads to no file")

    def close(self) -> None:
        """Close the archive; a decompressed copy is gone with it."""
        os.close(self._fd)


class _Seekable:
    """A file as the source of a tar stream: contents are passed over without being read."""

    __slots__ = ("_fd", "_size", "at")

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._size = os.fstat(fd).st_size
        self.at = 0  #: offset of the next byte

    def read(self, size: int) -> bytes:
        data = os.pread(self._fd, size, self.at)
        self.at += len(data)
        return data

    def skip(self, size: int) -> int:
        passed = min(size, self._size - self.at)
        self.at += passed
        return passed


def inside(name: str) -> str:
    """A path of a tar as one relative to the root, which `..` does not leave; "" is the root."""
    if name and name[0] not in "/." and name[-1] != "/" and "/." not in name and "//" not in name:
        return name  # as most are
    return posixpath.normpath("/" + name).lstrip("/")


def _spooled(fd: int) -> int:
    """A compressed archive's tar in an unnamed temporary file, which only this process can see.

    A gzip stream cannot be read from its middle, and the manifest stands at an archive's end.
    """
    size = os.fstat(fd).st_size
    budget = Budget()
    budget.allow(size)
    with tempfile.TemporaryFile(prefix="dockgate-") as file:
        try:
            for data in unpacked(FileSection(fd, 0, size).read):
                budget.take(len(data))
                file.write(data)
            file.flush()
        except OSError as error:
            raise ImageError(
                f"an archive of {human_size(size)} cannot be decompressed to "
                f"{tempfile.gettempdir()}: {error.strerror}"
            ) from None
        return os.dup(file.fileno())
