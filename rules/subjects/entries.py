"""The paths of a layer: up to a million of them, so they are kept in columns, not as objects."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping

from dockgate.rules.record import NamedTuple

#: What `Entry.kind` can be.
KINDS = ("file", "dir", "symlink", "hardlink", "char", "block", "fifo", "whiteout", "opaque")
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}
_FILE, _SYMLINK, _HARDLINK = (_NUMBERS[kind] for kind in ("file", "symlink", "hardlink"))
_FOLDERS = _NUMBERS["dir"], _NUMBERS["opaque"]

#: What an entry and a folder take in memory besides their names, here and in the merged tree.
ENTRY_BYTES = 170
FOLDER_BYTES = 300

NO_DEVICE = (0, 0)
NO_XATTRS: Mapping[str, bytes] = {}


class Entry(NamedTuple):
    """A path in a layer. `path` is relative to the root, with `/`, without a leading one.

    Bytes of a name that are not UTF-8 are lone surrogates (PEP 383).
    """

    path: str
    kind: str  #: one of `KINDS`
    mode: int  #: permission bits with setuid, setgid and sticky
    uid: int
    gid: int
    size: int  #: bytes; of a hard link those of its file
    link: str  #: target of a link, else ""
    device: tuple[int, int] = NO_DEVICE  #: major and minor number of a device
    xattrs: Mapping[str, bytes] = NO_XATTRS  #: `security.capability`, `user.mime_type`, …


class Further(NamedTuple):
    """What few entries have."""

    link: str
    device: tuple[int, int]
    xattrs: Mapping[str, bytes]


_NONE = Further("", NO_DEVICE, NO_XATTRS)


class Entries:
    """Entries in the order of their layer: a sequence that makes each `Entry` when it is asked for.

    It takes 90 bytes where an object would take 300.
    """

    __slots__ = (
        "_folder_ids",
        "_owner_ids",
        "cost",
        "folder",
        "folders",
        "further",
        "kinds",
        "modes",
        "names",
        "origins",
        "owner",
        "owners",
        "sizes",
    )

    def __init__(self) -> None:
        self.cost = 0  #: about the bytes of memory that they take, here and when merged
        self.folders: list[str] = []  #: paths of folders, each once
        self.owners: list[tuple[int, int]] = []  #: (uid, gid), each pair once
        # One item an entry:
        self.folder = array("I")  #: in `folders`
        self.names: list[str] = []
        self.kinds = bytearray()  #: in KINDS
        self.modes = array("H")
        self.owner = array("I")  #: in `owners`
        self.sizes = array("q")
        self.further: dict[int, Further] = {}  #: by the entry's number
        #: the number of the file that a hard link is another name of, where the layer has it
        self.origins: dict[int, int] = {}
        self._folder_ids: dict[str, int] = {}
        self._owner_ids: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Entry]:
        return map(self.__getitem__, range(len(self.names)))

    def path(self, number: int) -> str:
        """The path of an entry."""
        folder = self.folders[self.folder[number]]
        name = self.names[number]
        return f"{folder}/{name}" if folder else name

    def kind(self, number: int) -> str:
        """The kind of an entry."""
        return KINDS[self.kinds[number]]

    def __getitem__(self, number: int) -> Entry:
        """The entry of this number, from 0 on."""
        further = self.further.get(number, _NONE)
        kind = self.kinds[number]
        inode = self.origins.get(number, number) if kind == _HARDLINK else number
        uid, gid = self.owners[self.owner[inode]]
        if inode != number:
            origin = self.further.get(inode, _NONE)
            if self.kinds[inode] == _FILE:
                further = further._replace(xattrs=origin.xattrs)
            else:  # another name of a symbolic link or a device is one itself
                kind, further = self.kinds[inode], origin
        return Entry(
            self.path(number),
            KINDS[kind],
            self.modes[inode],
            uid,
            gid,
            self.sizes[inode],
            *further,
        )

    def append(self, entry: Entry) -> int:
        """Add an entry; gives what it adds to `cost`."""
        path, kind, mode, uid, gid, size, link, device, xattrs = entry
        folder, _, name = path.rpartition("/")
        cost = ENTRY_BYTES + _bytes(name)
        place = self._folder_ids.get(folder)
        if place is None:
            place = len(self.folders)
            cost += self._add_folder(folder)
        owner = uid, gid
        owned = self._owner_ids.get(owner)
        if owned is None:
            owned = self._owner_ids[owner] = len(self.owners)
            self.owners.append(owner)
            cost += ENTRY_BYTES
        if link or xattrs or device != NO_DEVICE:
            cost += ENTRY_BYTES + _bytes(link)
            cost += sum(_bytes(key) + len(value) for key, value in xattrs.items())
            self.further[len(self.names)] = Further(link, device, xattrs)
        self.folder.append(place)
        self.names.append(name)
        self.kinds.append(_NUMBERS[kind])
        self.modes.append(mode)
        self.owner.append(owned)
        self.sizes.append(size)
        self.cost += cost
        return cost

    def _add_folder(self, folder: str) -> int:
        """Add a folder and those above it, which the merged tree will have to hold as well."""
        cost = 0
        while folder not in self._folder_ids:
            self._folder_ids[folder] = len(self.folders)
            self.folders.append(folder)
            cost += FOLDER_BYTES + _bytes(folder)
            folder = folder.rpartition("/")[0]
        return cost

    def join(self, number: int, origin: int) -> None:
        """Make the hard link `number` another name of the file `origin`.

        Both are one file: it has the mode, the owner and the attributes that came last.
        """
        origin = self.origins.get(origin, origin)
        if origin == number or self.origins.get(number) == origin:
            return
        self.origins[number] = origin
        if self.kinds[origin] != _SYMLINK:  # Linux knows no other mode of those
            self.modes[origin] = self.modes[number]
        self.owner[origin] = self.owner[number]
        xattrs = self.further.get(number, _NONE).xattrs
        if xattrs:
            old = self.further.get(origin, _NONE)
            self.further[origin] = old._replace(xattrs={**old.xattrs, **xattrs})

    def is_plain(self) -> bool:
        """Whether each path is a folder all the time or never, so that nothing lies elsewhere."""
        numbers = {folder: number for number, folder in enumerate(self.folders)}
        inner: set[tuple[int, str]] = set()
        for folder in self.folders:
            if folder:
                above, _, name = folder.rpartition("/")
                inner.add((numbers.get(above, -1), name))
        places, names, kinds = self.folder, self.names, self.kinds
        inner.update((places[n], names[n]) for n, kind in enumerate(kinds) if kind in _FOLDERS)
        called = {name for _, name in inner}
        return not any(
            name in called and kinds[n] not in _FOLDERS and (places[n], name) in inner
            for n, name in enumerate(names)
        )

    def done(self) -> None:
        """Give back what only `append` needs."""
        self._folder_ids = {}
        self._owner_ids = {}


def _bytes(text: str) -> int:
    """What a text takes in memory beside its object."""
    return len(text) if text.isascii() else 4 * len(text)
