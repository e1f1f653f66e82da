"""The paths of an image that a rule asks for, found in the layers' columns.

An image has up to a million paths and most rules want a handful: they are picked by number from
a column (`Entries.modes`, `.names`, `.sizes`), and only those become an `Entry`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from dockgate.rules.record import NamedTuple
from dockgate.rules.rule import Finding
from dockgate.rules.subjects.entries import KINDS, Entries, Entry
from dockgate.rules.subjects.image import Image, Layer, shown

#: Findings of one rule in one layer that are told one by one; the rest is counted.
TOLD = 10

_SYMLINK = KINDS.index("symlink")
_GONE = (KINDS.index("whiteout"), KINDS.index("opaque"))

Pick = Callable[[Entries], Iterable[int]]


class Seen(NamedTuple):
    """A path that a container sees."""

    path: str
    layer: Layer
    entry: Entry

    @property
    def shown(self) -> str:
        """The path, fit for one line."""
        return shown(self.path)


def seen(image: Image, pick: Pick) -> Iterator[Seen]:
    """What a container sees of the entries whose numbers `pick` gives, each path once."""
    final = image.final()
    told: set[str] = set()
    for layer in image.layers:
        entries = layer.entries
        for number in pick(entries):
            if entries.kinds[number] in _GONE:
                continue
            place = final.place(layer, entries.path(number))
            if place is not None and place not in told:
                told.add(place)
                yield Seen(place, *final[place])


def with_mode(bits: int) -> Pick:
    """Those with at least one of these permission bits; no symbolic links, whose mode is none."""

    def pick(entries: Entries) -> list[int]:
        kinds = entries.kinds
        return [n for n, mode in enumerate(entries.modes) if mode & bits and kinds[n] != _SYMLINK]

    return pick


def with_name(*names: str) -> Pick:
    """Those whose last part is one of these."""
    wanted = frozenset(names)

    def pick(entries: Entries) -> list[int]:
        return [n for n, name in enumerate(entries.names) if name in wanted]

    return pick


def with_ending(*endings: str) -> Pick:
    """Those whose last part ends in one of these."""

    def pick(entries: Entries) -> list[int]:
        return [n for n, name in enumerate(entries.names) if name.endswith(endings)]

    return pick


def with_start(start: str) -> Pick:
    """Those whose last part begins so."""

    def pick(entries: Entries) -> list[int]:
        return [n for n, name in enumerate(entries.names) if name.startswith(start)]

    return pick


def with_size(smallest: int) -> Pick:
    """Files of at least so many bytes; a hard link is none."""

    def pick(entries: Entries) -> list[int]:
        kinds = entries.kinds
        return [n for n, size in enumerate(entries.sizes) if size >= smallest and kinds[n] == 0]

    return pick


def below(*folders: str) -> Pick:
    """Those in these folders, at any depth."""
    starts = tuple(f"{folder}/" for folder in folders)

    def pick(entries: Entries) -> list[int]:
        inside = {
            n
            for n, folder in enumerate(entries.folders)
            if folder in folders or folder.startswith(starts)
        }
        if not inside:
            return []
        return [n for n, folder in enumerate(entries.folder) if folder in inside]

    return pick


def few(findings: Iterable[Finding], what: str) -> Iterator[Finding]:
    """The findings; of a layer with more than `TOLD` the others as one: `90 more WHAT`."""
    counts: dict[str | None, int] = {}
    rest: dict[str | None, tuple[int, Finding]] = {}
    for finding in findings:
        count = counts[finding.layer] = counts.get(finding.layer, 0) + 1
        if count <= TOLD:
            yield finding
        else:
            more, first = rest.get(finding.layer, (0, finding))
            rest[finding.layer] = more + 1, first
    for more, first in rest.values():
        if more == 1:
            yield first
        else:
            yield Finding(
                f"{more:,} more {what} in this layer, {first.path} among them",
                layer=first.layer,
                path=first.path,
                help=first.help,
                at_most=first.at_most,
            )


def human(size: int) -> str:
    """Powers of 1000, as docker counts: `1.50 GB`."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.2f} {name}"
    return f"{size} bytes"
