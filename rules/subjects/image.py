"""An image as it will be pulled: configuration, layers and what they bring or take away."""

from __future__ import annotations

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
        self.unread: str = (
            ""  #: why its content could not be read (encrypted, foreign); "" if it was
        )


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
        #: (where, secret): where is "Env NAME", "Label NAME" or "History N"
        self.secrets: list[tuple[str, Secret]] = []


class Image:
    """One platform's image: the subject of image rules."""

    __slots__ = ("config", "config_digest", "digest", "layers", "name", "platform", "settings")

    def __init__(self, name: str, digest: str, config: ImageConfig, layers: list[Layer]) -> None:
        self.name = name  #: as the user gave it
        self.digest = digest  #: of the manifest
        self.config_digest = ""
        self.config = config
        self.layers = layers
        self.platform = ""  #: `linux/amd64`
        self.settings: Settings = DEFAULT_SETTINGS

    def final(self) -> dict[str, tuple[Layer, Entry]]:
        """The merged file system: what a container would see, each path with its layer."""
        merged: dict[str, tuple[Layer, Entry]] = {}
        for layer in self.layers:
            _apply(merged, layer)
        return merged


def _apply(merged: dict[str, tuple[Layer, Entry]], layer: Layer) -> None:
    for entry in layer.entries:
        if entry.kind == "whiteout":
            _remove(merged, entry.path, itself=True)
        elif entry.kind == "opaque":
            _remove(merged, entry.path, itself=False)
    for entry in layer.entries:
        if entry.kind not in ("whiteout", "opaque"):
            before = merged.get(entry.path)
            if before is not None and before[1].kind == "dir" and entry.kind != "dir":
                _remove(merged, entry.path, itself=True)
            merged[entry.path] = (layer, entry)


def _remove(merged: dict[str, tuple[Layer, Entry]], path: str, *, itself: bool) -> None:
    prefix = path + "/" if path else ""
    for known in [p for p in merged if p.startswith(prefix)]:
        del merged[known]
    if itself:
        merged.pop(path, None)
