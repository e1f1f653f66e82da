"""How a reader says which files of an image it wants, and how it gets them: plain types, no I/O.

A layer is streamed once. Every reader (of packages, of secrets, of signs of malware, or what an
image rule asks about a file) states its wants beforehand and is handed the files in that one
pass. It turns each file into a small value; what a container sees of all layers is put together
afterwards (`Image.found`), so a reader knows nothing of layers, whiteouts or links.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Protocol

from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.entries import Entry

#: What a reader makes of a file: None, bool, int, float, str, or lists and dicts of them, because
#: it is kept on disk for the next scan. Never a secret's value. None: the file says nothing.
Json = Any

KIB = 1024
MIB = 1024 * KIB

#: Bytes of a file's start that are there whatever a reader wants of it.
START = 64 * KIB
#: Bytes of a file that is handed over whole, where the want says nothing else.
MAX_WHOLE = 64 * MIB


class Want(NamedTuple):
    """Which files a reader wants. They are regular files.

    `names`, `suffixes`, `paths`, `folders` are alternatives: one that fits is enough, none given
    means every file. All else that is given must hold as well.
    """

    names: tuple[str, ...] = ()  #: last part of the path, exactly: `package.json`
    suffixes: tuple[str, ...] = ()  #: its end, from a dot on: `.jar`, `.tar.gz`
    paths: tuple[str, ...] = ()  #: the whole path: `var/lib/dpkg/status`
    folders: tuple[str, ...] = ()  #: the whole path of the folder it is in: `var/lib/dpkg/info`
    where: Callable[[str], bool] | None = None  #: what else must be true of the path
    mode: int = 0  #: permission bits of which it has at least one: 0o111
    starts: tuple[bytes, ...] = ()  #: what it begins with, one of these, of at most 4 KiB
    smallest: int = 0  #: bytes
    #: bytes; None: `MAX_WHOLE`, and no limit for a stream or where the start is enough. See `must`
    largest: int | None = None
    #: a file above `largest` leaves the scan undecided; False: it is passed over
    must: bool = True
    whole: bool = True  #: False: only the first `START` bytes are needed


class Content(Protocol):
    """A file's content while it is being handed over; nothing of it may be kept afterwards."""

    size: int  #: bytes of the whole file
    start: bytes  #: the first `START` bytes, or all of a shorter file

    def data(self) -> bytes:
        """All of it, in memory. For what may have more than 8 MiB take `file`."""

    def file(self) -> BinaryIO:
        """All of it, to be read and sought, from its start; it is closed by its owner."""


class ReadError(ValueError):
    """A file of this sort that cannot be understood: one line. The scan is undecided by it."""


class Reader(Protocol):
    """Turns files into values, each by itself. Must not keep state from one file to the next."""

    name: str  #: under which values are found again: `dpkg`
    #: changed whenever the same file would give another value, settings that matter included
    version: str

    @property
    def wants(self) -> Sequence[Want]:
        """What it is to be given: a file that one of them fits."""

    def read(self, entry: Entry, content: Content) -> Json:
        """The file's value, None for nothing.

        Raises ReadError. Anything else that it raises leaves the scan undecided too.
        """


class Stream(Protocol):
    """One file on its way through a `StreamReader`."""

    def feed(self, piece: bytes) -> None:
        """The next bytes of the file: 8 MiB, fewer only in the last piece."""

    def end(self) -> Json:
        """The file's value, None for nothing."""


class StreamReader(Protocol):
    """As `Reader`, for files of any size, of which it sees one piece after the other.

    Of its wants `whole` says nothing.
    """

    name: str
    version: str

    @property
    def wants(self) -> Sequence[Want]:
        """What it is to be given: a file that one of them fits."""

    def open(self, entry: Entry) -> Stream | None:
        """What takes the file's pieces, None where it is not wanted after all."""
