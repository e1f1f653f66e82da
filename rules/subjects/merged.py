"""Layers put upon one another as overlayfs shows them (OCI image-spec layer.md)."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.entries import KINDS, Entries, Entry

if TYPE_CHECKING:
    from dockgate.rules.subjects.image import Layer

#: Links followed in one path: as Linux does (path_resolution(7)).
_MAX_LINKS = 40
#: Characters of a path in which links are still followed: PATH_MAX of Linux.
_MAX_PATH = 4096
#: Parts of paths that are looked up, and characters of folders that are made, while layers are
#: merged; and folders that there are then. An image of a million files has a tenth of that.
MAX_STEPS = 20_000_000
MAX_FOLDERS = 600_000
#: Entries up to which `items` is made once and kept.
_LISTED = 150_000
#: A place is the layer's index and the entry's number in it, in one number.
_SHIFT = 32
_NUMBER = (1 << _SHIFT) - 1
#: The place of a folder that no layer has an entry of.
_IMPLIED = -1
#: In a layer by itself: what an opaque folder has among its names, as no file can be called.
_MARK = "/"

_DIR, _SYMLINK, _HARDLINK = (KINDS.index(kind) for kind in ("dir", "symlink", "hardlink"))
_WHITEOUT, _OPAQUE = KINDS.index("whiteout"), KINDS.index("opaque")


class TooManyError(ValueError):
    """Layers that are made so that putting them together never ends: one line."""


class Node(NamedTuple):
    """A path of the merged file system."""

    path: str
    entry: Entry | None  #: None for a folder that layers only imply
    layer: Layer | None
    file: int  #: number in the layer of the file that it is, which hard links share; -1


class Merged(Mapping[str, "tuple[Layer, Entry]"]):
    """The file system that a container would see: each path with its layer and entry there.

    `Entry.path` is the path in the layer, which another one may lead to through a link.
    """

    __slots__ = ("_count", "_folders", "_items", "_layers", "_moved", "_steps")

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = layers
        #: names and places by folder; only folders with something in them
        self._folders: dict[str, dict[str, int]] = {"": {}}
        self._steps = 0
        self._moved: dict[tuple[int, str], str] = {}  #: where an entry lies that is not at its path
        self._items: list[tuple[str, tuple[Layer, Entry]]] | None = None
        for index, layer in enumerate(layers):
            if layer.entries.is_plain():
                self._hide(layer.entries)
                self._apply(index, layer.entries)
            else:
                self._put_upon(index, layer.entries)
        self._count = sum(
            place >= 0 for names in self._folders.values() for place in names.values()
        )

    # -- as a mapping

    def __getitem__(self, path: str) -> tuple[Layer, Entry]:
        place = self._at(path)
        if place is None or place < 0:
            raise KeyError(path)
        return self._found(place)

    def __contains__(self, path: object) -> bool:
        place = self._at(path) if isinstance(path, str) else None
        return place is not None and place >= 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        for folder, names in self._folders.items():
            start = f"{folder}/" if folder else ""
            for name, place in names.items():
                if place >= 0:
                    yield start + name

    def items(self) -> ItemsView[str, tuple[Layer, Entry]]:
        """Every path with (layer, entry), folder by folder."""
        if self._items is None and self._count <= _LISTED:
            self._items = list(self._walk())
        return _Items(self, self._items)

    def _walk(self) -> Iterator[tuple[str, tuple[Layer, Entry]]]:
        for folder, names in self._folders.items():
            start = f"{folder}/" if folder else ""
            for name, place in names.items():
                if place >= 0:
                    yield start + name, self._found(place)

    def _found(self, place: int) -> tuple[Layer, Entry]:
        layer = self._layers[place >> _SHIFT]
        return layer, layer.entries[place & _NUMBER]

    def _at(self, path: str) -> int | None:
        folder, _, name = path.rpartition("/")
        names = self._folders.get(folder)
        return names.get(name) if names is not None else None

    # -- what else is asked of it

    def nodes(self) -> Iterator[Node]:
        """Every path, folders among them that layers only imply, parents before their children."""
        todo = [""]
        while todo:
            folder = todo.pop()
            start = f"{folder}/" if folder else ""
            for name, place in self._folders[folder].items():
                path = start + name
                if place < 0:
                    yield Node(path, None, None, _IMPLIED)
                else:
                    layer, entry = self._found(place)
                    number = place & _NUMBER
                    yield Node(path, entry, layer, layer.entries.origins.get(number, number))
                if path in self._folders:
                    todo.append(path)

    def is_folder(self, path: str) -> bool:
        """Whether there is a folder at `path`, which layers may only imply."""
        if path in self._folders:
            return True
        place = self._at(path)
        return place is not None and self._kind(place) == _DIR

    def place(self, layer: Layer, path: str) -> str | None:
        """Where a container sees the file at `path` of `layer`; None when it does not."""
        seen = self._moved.get((layer.index, path), path)
        place = self._at(seen)
        if place is None or place < 0 or place >> _SHIFT != layer.index:
            return None
        return seen if layer.entries.path(place & _NUMBER) == path else None

    def real(self, path: str) -> str:
        """The path that `path` leads to through symbolic links; it need not exist.

        One that is longer than Linux takes leads nowhere.
        """
        return path if len(path) > _MAX_PATH else self._real(path, self._link)

    def _real(self, path: str, link: Callable[[str], str | None], *, must: bool = False) -> str:
        """As `real`; `link` gives the target of the symbolic link at a path.

        `must`: TooManyError where more links are to be followed than Linux does; some engines do.
        """
        todo = path.split("/")[::-1]
        done = ""
        followed = 0
        self._steps += len(todo)
        while todo:
            part = todo.pop()
            if part in ("", "."):
                continue
            if part == "..":
                done = done.rpartition("/")[0]
                continue
            step = f"{done}/{part}" if done else part
            target = link(step)
            if target is None or followed == _MAX_LINKS or len(step) > _MAX_PATH:
                if target is not None and must:
                    raise TooManyError("has a path through more links than engines follow")
                done = step
                continue
            followed += 1
            if target.startswith("/"):
                done = ""
            todo.extend(target.split("/")[::-1])
            self._steps += len(todo)
            self._check()
        return done

    def _check(self) -> None:
        if self._steps > MAX_STEPS or len(self._folders) > MAX_FOLDERS:
            raise TooManyError("has links and folders that lead to too many places: split it")

    def _link(self, path: str) -> str | None:
        place = self._at(path)
        return None if place is None or place < 0 else self._target(place)

    def _target(self, place: int) -> str | None:
        """Where the symbolic link at a place leads; None for all else."""
        entries = self._layers[place >> _SHIFT].entries
        number = place & _NUMBER
        number = entries.origins.get(number, number)
        return entries.further[number].link if entries.kinds[number] == _SYMLINK else None

    def _kind(self, place: int) -> int:
        if place < 0:
            return _DIR
        return self._layers[place >> _SHIFT].entries.kinds[place & _NUMBER]

    # -- how it is made

    def _hide(self, entries: Entries) -> None:
        """Take away what a layer's whiteouts hide, which is below the layer, never in it."""
        kinds = entries.kinds
        if _WHITEOUT in kinds or _OPAQUE in kinds:
            for number, kind in enumerate(kinds):
                if kind == _WHITEOUT:
                    self._remove(entries.path(number))
                elif kind == _OPAQUE:
                    self._hide_below(entries.path(number))

    def _hide_below(self, folder: str) -> None:
        """Make a folder opaque. The root never is: overlayfs asks it of what it looks up."""
        if folder:
            self._empty(folder)

    def _put_upon(self, index: int, entries: Entries) -> None:
        """Apply a layer in which a path is first one thing and then another, or links lead.

        As engines do: it is unpacked by itself, and what is there at the end is put upon what is
        below. So a file that becomes a folder again hides nothing of the folder below.
        """
        own = Merged(())
        own._layers = self._layers
        own._steps = self._steps
        own._apply(index, entries, alone=True)
        self._steps = own._steps
        self._moved.update(own._moved)
        todo = [""]
        while todo:
            folder = todo.pop()
            brought = own._folders[folder]
            if brought.pop(_MARK, None) is not None:
                self._hide_below(folder)
            names = self._folders.setdefault(folder, {})
            start = f"{folder}/" if folder else ""
            for name, place in brought.items():
                path = start + name
                kind = own._kind(place)
                if kind != _DIR:
                    self._remove(path)
                    if kind == _WHITEOUT:
                        continue
                before = names.get(name)
                if place != _IMPLIED or before is None or self._kind(before) != _DIR:
                    names[name] = place
                if path in own._folders:
                    todo.append(path)
        self._check()

    def _apply(self, index: int, entries: Entries, *, alone: bool = False) -> None:
        """Bring in what a layer has. `alone`: its whiteouts, too, as paths of their own."""
        folders = self._folders
        entered: dict[int, str] = {}  # where the layer's folders lie, by their number
        base = index << _SHIFT
        for number, kind in enumerate(entries.kinds):
            if kind in (_WHITEOUT, _OPAQUE):
                self._mark(index, entries, number, alone=alone)
                continue
            name = entries.names[number]
            above = entries.folder[number]
            if not name:
                continue  # the root itself
            folder = entered.get(above)
            if folder is None:
                folder = entered[above] = self._enter(entries.folders[above], index)
            names = folders[folder]
            path = f"{folder}/{name}" if folder else name
            if kind != _DIR and path in folders:
                self._remove(path)
                entered.clear()
            else:
                before = names.get(name, _IMPLIED)
                if before >= base and self._kind(before) in (_SYMLINK, _HARDLINK):
                    entered.clear()
            if kind == _HARDLINK:
                self._join(index, entries, number)
            names[name] = base | number
            if folder != entries.folders[above]:
                self._moved[index, entries.path(number)] = path
            elif self._moved:
                self._moved.pop((index, path), None)

    def _mark(self, index: int, entries: Entries, number: int, *, alone: bool) -> None:
        """Make the folder of a whiteout, and when `alone` a path of the whiteout as engines do:
        something may stand there already, or later.
        """
        opaque = entries.kinds[number] == _OPAQUE
        folder, name = entries.folders[entries.folder[number]], entries.names[number]
        if opaque:
            folder, name = entries.path(number), _MARK
        names = self._folders[self._enter(folder, index)]
        if alone:
            names.setdefault(name, index << _SHIFT | number)

    def _join(self, index: int, entries: Entries, number: int) -> None:
        """Find the file of the layer that a hard link names."""
        folder, _, name = entries.further[number].link.rpartition("/")
        folder = self._real(folder, partial(self._own_link, index), must=True)
        origin = self._folders.get(folder, {}).get(name, _IMPLIED)
        if origin >= 0 and origin >> _SHIFT == index:
            entries.join(number, origin & _NUMBER)

    def _own_link(self, index: int, path: str) -> str | None:
        """As `_link`, of the links that the layer itself brings."""
        place = self._at(path)
        return None if place is None or place >> _SHIFT != index else self._target(place)

    def _enter(self, folder: str, index: int) -> str:
        """Where `folder` of a layer lies: through the layer's own links.

        It becomes a folder, whatever a lower layer has there: each layer is unpacked by itself.
        """
        real = self._real(folder, partial(self._own_link, index), must=True)
        path = real
        self._check()
        while path and path not in self._folders:
            self._folders[path] = {}
            self._steps += len(path)
            above, _, name = path.rpartition("/")
            names = self._folders.get(above)
            place = names.get(name) if names is not None else None
            if names is not None and (place is None or self._kind(place) != _DIR):
                names[name] = _IMPLIED
            path = above
        # Those that were missing above what existed have no name in their folder yet.
        path = real
        while path:
            above, _, name = path.rpartition("/")
            names = self._folders[above]
            if name in names:
                break
            names[name] = _IMPLIED
            path = above
        return real

    def _remove(self, path: str) -> None:
        """Take away `path` and all below it."""
        folder, _, name = path.rpartition("/")
        names = self._folders.get(folder)
        if names is not None and name in names:
            del names[name]
            self._empty(path)
            self._folders.pop(path, None)

    def _empty(self, folder: str) -> None:
        """Take away all that is in a folder."""
        todo = [folder]
        while todo:
            one = todo.pop()
            names = self._folders.get(one)
            if names is None:
                continue
            start = f"{one}/" if one else ""
            todo += [start + name for name in names if start + name in self._folders]
            if one == folder:
                names.clear()
            else:
                del self._folders[one]


class _Items(ItemsView[str, "tuple[Layer, Entry]"]):
    """The items of a merged file system, from the list of them where there is one."""

    __slots__ = ("_list", "_merged")

    def __init__(self, merged: Merged, items: list[tuple[str, tuple[Layer, Entry]]] | None) -> None:
        super().__init__(merged)
        self._merged = merged
        self._list = items

    def __iter__(self) -> Iterator[tuple[str, tuple[Layer, Entry]]]:
        return iter(self._list) if self._list is not None else self._merged._walk()
