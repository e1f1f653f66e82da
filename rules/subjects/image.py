"""An image as it will be pulled: configuration, layers and what they bring or take away."""

from __future__ import annotations

from typing import Any

from dockgate.rules.record import NamedTuple
from dockgate.rules.settings import DEFAULT_SETTINGS, Settings
from dockgate.rules.subjects.entries import Entries, Entry
from dockgate.rules.subjects.merged import Merged
from dockgate.rules.subjects.secret import Secret
from dockgate.rules.subjects.vulnerability import Vulnerability

__all__ = ["Entry", "FileSecret", "HistoryStep", "Image", "ImageConfig", "Layer", "shown"]


class FileSecret(NamedTuple):
    """A secret in a file of a layer."""

    path: str
    secret: Secret
    private_key: bool
    inside: str = ""  #: where in the file, when that is an archive or a database


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
        "results",
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
        self.entries = Entries()
        self.secrets: list[FileSecret] = []
        self.contents: dict[str, bytes] = {}  #: of the few files that rules read, by path
        #: what readers made of its files: by the reader's name, then by path. A path that stands
        #: in the layer's tar twice has what came first under `path//1`
        self.results: dict[str, dict[str, Any]] = {}
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
        self.results = other.results
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
        "created",
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
        self.created = ""  #: RFC 3339, as stated
        #: (where, secret): where is "Env NAME", "Label NAME", "History N", or "Provenance NAME"
        self.secrets: list[tuple[str, Secret]] = []


class Image:
    """One platform's image: the subject of image rules."""

    __slots__ = (
        "_final",
        "config",
        "config_digest",
        "digest",
        "has_config",
        "layers",
        "name",
        "platform",
        "provenance",
        "root_digest",
        "settings",
        "vulnerabilities",
        "vulnerability_gaps",
    )

    def __init__(self, name: str, digest: str, config: ImageConfig, layers: list[Layer]) -> None:
        self.name = name  #: as the user gave it
        self.digest = digest  #: of the manifest; of the configuration where there is no manifest
        #: of what a tag would point at: the outermost index that holds the image, or its manifest
        self.root_digest = digest
        self.config_digest = ""
        self.config = config
        #: False for a root file system: what there is of a configuration are the defaults
        self.has_config = True
        self.layers = layers
        self.platform = ""  #: `linux/amd64`
        #: in-toto statements on how it was built, as they lie there
        self.provenance: list[bytes] = []
        self.settings: Settings = DEFAULT_SETTINGS
        #: known vulnerabilities that count, the worst first; filled in by the scan
        self.vulnerabilities: list[Vulnerability] = []
        #: why there may be more, one line each; empty when all is known
        self.vulnerability_gaps: list[str] = ["nobody has looked for them"]
        self._final: Merged | None = None

    @property
    def unpacked(self) -> int:
        """Bytes of all layers' tars, as engines count an image's size; stored ones if unread."""
        return sum(layer.unpacked or layer.size for layer in self.layers)

    def final(self) -> Merged:
        """The merged file system: what a container would see, each path with (layer, entry).

        A read-only dict by path; `items()` costs next to nothing for images of usual size. Folders
        that a layer only implies have no entry. Computed once: layers must be complete.
        """
        if self._final is None:
            self._final = Merged(self.layers)
        return self._final

    def real(self, path: str) -> str:
        """Where `path` leads a container through symbolic links; it need not exist."""
        return self.final().real(path)

    def content(self, path: str) -> bytes | None:
        """What a container would read at `path`, through links; None when there is no file.

        Raises LookupError for a file whose content was not kept (`Layer.contents`).
        """
        real = self.real(path)
        found = self.final().get(real)
        if found is None:
            return None
        layer, entry = found
        if entry.path not in layer.contents:
            raise LookupError(f"/{path} leads to /{real}, which cannot be read")
        return layer.contents[entry.path]

    def found(self, reader: str) -> dict[str, tuple[Layer, Any]]:
        """What a reader made of the files that a container sees, by path, with their layer.

        Symbolic links are not followed; what the layers hold besides is in `Layer.results`.
        """
        final = self.final()
        values: dict[str, tuple[Layer, Any]] = {}
        for layer in self.layers:
            for path, value in layer.results.get(reader, {}).items():
                place = final.place(layer, path)
                if place is not None:
                    values[place] = layer, value
        return values

    def fate(self, layer: Layer, path: str) -> str:
        """What later layers did to a file of `layer`: "" when it is still seen, else "deleted" or
        "replaced".
        """
        final = self.final()
        if final.place(layer, path) is not None:
            return ""
        return "replaced" if path in final else "deleted"


def shown(text: str, limit: int = 300) -> str:
    """A path or other text from an image, fit for one line of output.

    No control characters, no bytes that are not UTF-8, at most `limit` characters.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
