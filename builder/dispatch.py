"""Which reader gets which file: an index over what all readers want.

An image has up to a million files and some twenty readers, so a file that nobody asks for by
name costs five look-ups, however many readers there are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeGuard, TypeVar

from dockgate.rules.subjects.reading import MAX_WHOLE, Reader, StreamReader, Want

AnyReader = Reader | StreamReader
K = TypeVar("K")


class Choice(NamedTuple):
    """A reader that may get a file, and what it wants of it."""

    order: int  #: of the reader, then of its want
    reader: AnyReader
    want: Want
    streams: bool  #: whether the reader takes files piece by piece
    smallest: int  #: bytes
    starts: tuple[bytes, ...]
    largest: int | None  #: bytes of the largest file that is handed over; None: no limit

    def fits(self, size: int, start: bytes) -> bool:
        """Whether a file of this size that starts so is wanted, `largest` left aside."""
        return self.smallest <= size and (not self.starts or start.startswith(self.starts))


def is_stream(reader: AnyReader) -> TypeGuard[StreamReader]:
    """Whether a reader takes files piece by piece."""
    return hasattr(reader, "open")


class Dispatch:
    """The readers of a scan, by what they want."""

    def __init__(self, readers: Sequence[AnyReader]) -> None:
        self.readers = readers
        self._names: dict[str, list[Choice]] = {}
        self._suffixes: dict[str, list[Choice]] = {}  #: by what follows the last dot
        self._paths: dict[str, list[Choice]] = {}
        self._folders: dict[str, list[Choice]] = {}
        self._all: list[Choice] = []
        #: of those that ask for every file, which are for one mode, size and first byte, and
        #: whether more than that is to be asked
        self._known: dict[tuple[int, int, bool], tuple[list[Choice], bool]] = {}
        order = 0
        for reader in readers:
            for want in reader.wants:
                streams = is_stream(reader)
                largest = want.largest
                if largest is None and want.whole and not streams:
                    largest = MAX_WHOLE
                self._add(Choice(order, reader, want, streams, want.smallest, want.starts, largest))
                order += 1
        self._mask = 0
        for choice in self._all:
            self._mask |= choice.want.mode
        self._sizes = sorted({choice.smallest for choice in self._all})
        self._firsts = frozenset(start[:1] for choice in self._all for start in choice.starts)

    def _add(self, choice: Choice) -> None:
        want = choice.want
        _enter(self._names, want.names, choice)
        _enter(self._suffixes, (suffix.rpartition(".")[2] for suffix in want.suffixes), choice)
        _enter(self._paths, want.paths, choice)
        _enter(self._folders, want.folders, choice)
        if not (want.names or want.suffixes or want.paths or want.folders):
            self._all.append(choice)

    def named(self, path: str, mode: int) -> list[Choice]:
        """What asks for the path by its name, suffix, whole or folder."""
        folder, _, name = path.rpartition("/")
        found: list[Choice] = []
        if name in self._names:
            found += self._names[name]
        if path in self._paths:
            found += self._paths[path]
        if folder in self._folders:
            found += self._folders[folder]
        dot = name.rpartition(".")
        if dot[1] and dot[2] in self._suffixes:
            found += [c for c in self._suffixes[dot[2]] if name.endswith(c.want.suffixes)]
        return [c for c in found if _holds(c.want, path, mode)] if found else found

    def by_name(self, path: str, mode: int, size: int, start: bytes) -> Sequence[Choice]:
        """As `of`, of those that `named` gives."""
        named = self.named(path, mode)
        if not named:
            return named
        found = {choice.order: choice for choice in named if choice.fits(size, start)}
        return sorted(found.values())

    def of(self, path: str, mode: int, size: int, start: bytes) -> Sequence[Choice]:
        """What asks for a file, each reader as often as it has wants that fit; in their order.

        `size` is the file's, `start` what it begins with, of at least 4 KiB where it has as many.
        """
        found = self._any(path, mode, size, start)
        named = self.by_name(path, mode, size, start)
        if not named:
            return found
        return sorted({choice.order: choice for choice in (*found, *named)}.values())

    def _any(self, path: str, mode: int, size: int, start: bytes) -> Sequence[Choice]:
        """Those that ask for every file."""
        bits = mode & self._mask
        begins = start[:1] in self._firsts
        key = bits, bisect_right(self._sizes, size), begins
        known = self._known.get(key)
        if known is None:
            wants = [
                choice
                for choice in self._all
                if (not choice.want.mode or bits & choice.want.mode)
                and choice.smallest <= size
                and (begins or not choice.starts)
            ]
            more = begins or any(choice.want.where is not None for choice in wants)
            known = self._known[key] = wants, more
        wants, more = known
        if not more:
            return wants
        return [c for c in wants if c.fits(size, start) and _holds(c.want, path, mode)]


def _enter(index: dict[K, list[Choice]], keys: Iterable[K], choice: Choice) -> None:
    for key in keys:
        found = index.setdefault(key, [])
        if choice not in found:
            found.append(choice)


def _holds(want: Want, path: str, mode: int) -> bool:
    return (not want.mode or mode & want.mode != 0) and (want.where is None or want.where(path))
