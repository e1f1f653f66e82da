"""An image as it will be pulled: configuration, layers and what they bring or take away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dockgate.rules.settings import DEFAULT_SETTINGS, Settings
from dockgate.rules.subjects.secret import Secret


class Entry(NamedTuple):
    """A path in a layer. `path` is relative to the root, with `/`, without a leading one."""

    path: str
    kind: (
        str  #: "file", "dir", "symlink", "hardlink", "char", "block", "fifo", "whiteout", "opaque"
    )
    mode: int  #: permission bits with setuid, setgid and sticky
    uid: int
    gid: int
    size: int  #: bytes
    link: str  #: target of a link, else ""


class FileSecret(NamedTuple):
    """A secret in a file of a layer."""

    path: str
    secret: Secret
    private_key: bool


class Layer:
    """One layer, read once. Sizes are bytes."""

    __slots__ = (
        "contents",
        "created_by",
        "diff_id",
        "digest",
        "entries",
        "index",
        "media_type",
        "secrets",
        "size",
        "unpacked",
        "unread",
    )

    def __init__(self, index: int, digest: str, size: int, media_type: str) -> None:
        self.index = index
        self.digest = digest  #: of the blob as stored
        self.size = size  #: of the blob as stored
        self.media_type = media_type
        self.diff_id = ""  #: of the tar
        self.unpacked = 0  #: of the tar
        self.created_by = ""  #: from history
        self.entries: list[Entry] = []
        self.secrets: list[FileSecret] = []
        self.contents: dict[str, bytes] = {}  #: of the few files that rules read, by path
        self.unread: str = (
            ""  #: why its content could not be read (encrypted, foreign); "" if it was
        )

    def take_over(self, other: Layer) -> None:
        """Hold what was read of `other`, the same layer at another place or in another image."""
        self.digest = other.digest
        self.unpacked = other.unpacked
        self.entries = other.entries
        self.secrets = other.secrets
        self.contents = other.contents
        self.unread = other.unread


class HistoryStep(NamedTuple):
    """One line of the configuration's history."""

    created_by: str
    empty_layer: bool


class ImageConfig:
    """The image configuration (OCI image-spec v1.1 config.md), defaults filled in."""

    __slots__ = (
        "architecture",
        "cmd",
        "entrypoint",
        "env",
        "healthcheck",
        "history",
        "labels",
        "os",
        "ports",
        "secrets",
        "user",
        "volumes",
        "workdir",
    )

    def __init__(self) -> None:
        self.user = ""
        self.env: list[str] = []  #: `NAME=value`, in order
        self.labels: dict[str, str] = {}
        self.cmd: list[str] = []
        self.entrypoint: list[str] = []
        self.workdir = ""
        self.ports: list[str] = []  #: `8080/tcp`
        self.volumes: list[str] = []
        self.healthcheck: list[str] | None = None  #: Docker's `Test`; None when there is none
        self.history: list[HistoryStep] = []
        self.os = ""
        self.architecture = ""
        #: (where, secret): where is "Env NAME", "Label NAME", "History N", or "Provenance NAME"
        self.secrets: list[tuple[str, Secret]] = []


class Image:
    """One platform's image: the subject of image rules."""

    __slots__ = (
        "_final",
        "_seen",
        "config",
        "config_digest",
        "digest",
        "layers",
        "name",
        "platform",
        "root_digest",
        "settings",
    )

    def __init__(self, name: str, digest: str, config: ImageConfig, layers: list[Layer]) -> None:
        self.name = name  #: as the user gave it
        self.digest = digest  #: of the manifest; of the configuration where there is no manifest
        #: of what a tag would point at: the outermost index that holds the image, or its manifest
        self.root_digest = digest
        self.config_digest = ""
        self.config = config
        self.layers = layers
        self.platform = ""  #: `linux/amd64`
        self.settings: Settings = DEFAULT_SETTINGS
        self._final: dict[str, tuple[Layer, Entry]] | None = None
        self._seen: set[tuple[int, str]] | None = None

    @property
    def unpacked(self) -> int:
        """Bytes of all layers' tars, as engines count an image's size; stored ones if unread."""
        return sum(layer.unpacked or layer.size for layer in self.layers)

    def final(self) -> dict[str, tuple[Layer, Entry]]:
        """The merged file system: what a container would see, each path with its layer.

        Folders that a layer only implies have no entry. Computed once: layers must be complete.
        """
        if self._final is None:
            tree = _Tree()
            for layer in self.layers:
                tree.apply(layer)
            self._final = tree.merged
        return self._final

    def content(self, path: str) -> bytes | None:
        """What a container would read at `path`, through links; None when there is no file.

        Raises LookupError for a file whose content was not kept (`Layer.contents`).
        """
        merged = self.final()
        real = _real(path, {p: e.link for p, (_, e) in merged.items() if e.kind == "symlink"})
        found = merged.get(real)
        if found is None:
            return None
        layer, entry = found
        if entry.path not in layer.contents:
            raise LookupError(f"/{path} leads to /{real}, which cannot be read")
        return layer.contents[entry.path]

    def fate(self, layer: Layer, path: str) -> str:
        """What later layers did to a file in which a secret was found: "" when it is still seen,
        else "deleted" or "replaced".
        """
        if self._seen is None:
            wanted = {secret.path for one in self.layers for secret in one.secrets}
            self._seen = {
                (one.index, entry.path)
                for one, entry in self.final().values()
                if entry.path in wanted
            }
        if (layer.index, path) in self._seen:
            return ""
        return "replaced" if path in self.final() else "deleted"


#: Links followed in one path: as Linux does (path_resolution(7)).
_MAX_LINKS = 40


def _real(path: str, links: Mapping[str, str]) -> str:
    """The path that `path` leads to; `links` are the symbolic links, by path, and their targets."""
    todo = path.split("/")[::-1]
    done = ""
    followed = 0
    while todo:
        part = todo.pop()
        if part in ("", "."):
            continue
        if part == "..":
            done = done.rpartition("/")[0]
            continue
        step = f"{done}/{part}" if done else part
        target = links.get(step)
        if target is None or followed == _MAX_LINKS:
            done = step
            continue
        followed += 1
        if target.startswith("/"):
            done = ""
        todo.extend(target.split("/")[::-1])
    return done


class _Tree:
    """Layers put upon one another as overlayfs shows them (OCI image-spec layer.md)."""

    __slots__ = ("_children", "merged")

    def __init__(self) -> None:
        self.merged: dict[str, tuple[Layer, Entry]] = {}
        self._children: dict[str, set[str]] = {}  #: paths by folder, implied folders too

    def apply(self, layer: Layer) -> None:
        """Whiteouts first: they hide what is below the layer, never what the layer brings."""
        for entry in layer.entries:
            if entry.kind == "whiteout":
                self._remove(entry.path)
            elif entry.kind == "opaque":
                for path in tuple(self._children.get(entry.path, ())):
                    self._remove(path)
        links: dict[str, str] = {}
        folders: dict[str, str] = {}
        for entry in layer.entries:
            kind = entry.kind
            if kind in ("whiteout", "opaque") or not entry.path:
                continue
            above, _, name = entry.path.rpartition("/")
            folder = folders.get(above)
            if folder is None:
                folder = folders[above] = self._enter(above, links)
            path = f"{folder}/{name}" if folder else name
            if kind != "dir" and path in self._children:
                self._remove(path)
                folders.clear()
            elif kind == "dir" and path in links:
                folders.clear()
            links.pop(path, None)
            if kind == "symlink":
                links[path] = entry.link
            self.merged[path] = layer, entry
            self._attach(path)
            if kind == "dir":
                self._children.setdefault(path, set())

    def _enter(self, folder: str, links: dict[str, str]) -> str:
        """Where `folder` of a layer lies: through the layer's own links.

        It becomes a folder, whatever a lower layer has there: each layer is unpacked by itself.
        """
        real = _real(folder, links)
        path = real
        while path:
            found = self.merged.get(path)
            if found is not None and found[1].kind != "dir":
                del self.merged[path]
                links.pop(path, None)
            path = path.rpartition("/")[0]
        return real

    def _attach(self, path: str) -> None:
        while path:
            folder = path.rpartition("/")[0]
            known = self._children.get(folder)
            if known is not None:
                known.add(path)
                return
            self._children[folder] = {path}
            path = folder

    def _remove(self, path: str) -> None:
        """Take away `path` and all below it."""
        siblings = self._children.get(path.rpartition("/")[0])
        if siblings is not None:
            siblings.discard(path)
        todo = [path]
        while todo:
            one = todo.pop()
            self.merged.pop(one, None)
            todo.extend(self._children.pop(one, ()))


def shown(text: str, limit: int = 300) -> str:
    """A path or other text from an image, fit for one line of output.

    No control characters, no bytes that are not UTF-8, at most `limit` characters.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
