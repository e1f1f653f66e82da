"""Indexes, manifests and configurations: JSON from outside to plain typed values.

OCI image-spec v1.1 (image-index.md, manifest.md, config.md) and their Docker forms. Field names
are matched as Go's encoding/json does, without regard to case, because engines read them so; a
document in which two names are one field is refused.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple, TypeVar

from dockgate.builder.bounds import MAX_LAYERS, ImageError
from dockgate.rules.subjects.image import HistoryStep, ImageConfig

INDEX_TYPES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
MANIFEST_TYPES = frozenset(
    {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    }
)
CONFIG_TYPES = frozenset(
    {
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    }
)
#: BuildKit marks its attestations so (docs/attestations/attestation-storage.md).
ATTESTATION_KEY = "vnd.docker.reference.type"
ATTESTATION = "attestation-manifest"
IN_TOTO = "application/vnd.in-toto"

#: Items of one array or object: each history step and each variable is looked at.
MAX_ITEMS = 10_000

T = TypeVar("T")


class Descriptor(NamedTuple):
    """What points at a blob (OCI descriptor.md)."""

    media_type: str
    digest: str
    size: int  #: bytes
    annotations: dict[str, str]
    platform: str  #: `linux/arm64/v8`; "" when it names none
    urls: bool  #: whether it may be fetched from elsewhere

    @property
    def is_layer(self) -> bool:
        """Whether an engine would unpack it: a tar, in whatever wrapping."""
        return ".tar" in self.media_type


class Manifest(NamedTuple):
    """An image manifest."""

    config: Descriptor
    layers: list[Descriptor]

    @property
    def is_image(self) -> bool:
        """False for an artifact (a signature, an SBOM, a chart), which no engine runs."""
        return self.config.media_type in CONFIG_TYPES or any(d.is_layer for d in self.layers)

    def is_attestation(self, descriptor: Descriptor) -> bool:
        """Whether the manifest, found at `descriptor`, holds BuildKit attestations only."""
        return (
            descriptor.annotations.get(ATTESTATION_KEY) == ATTESTATION
            and descriptor.platform.startswith("unknown/unknown")
            and all(d.media_type.startswith(IN_TOTO) for d in self.layers)
        )


def parse(data: bytes) -> Any:
    """The value of a JSON document; ImageError when it is none."""
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, ValueError) else "nested too deeply"
        raise ImageError(f"is no JSON: {reason[:200]}") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def field(document: Any, name: str, kind: type[T]) -> T | None:
    """The field called `name`, None when it is absent or null.

    ImageError when the document is no object, or the field is of another type or given twice.
    """
    if not isinstance(document, dict):
        raise ImageError(f"has something else where an object with {name!r} belongs")
    folded = name.casefold()
    found = [key for key in document if key.casefold() == folded]
    if len(found) > 1:
        raise ImageError(f"is ambiguous: {found[0][:100]!r} and {found[1][:100]!r} are one field")
    value = document[found[0]] if found else None
    if value is None:
        return None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ImageError(f"has a {name!r} that is no {_JSON_NAMES[kind]}")
    if isinstance(value, list | dict) and len(value) > MAX_ITEMS:
        raise ImageError(f"has {len(value):,} items in {name!r}: {MAX_ITEMS:,} are the most")
    return value


_JSON_NAMES: dict[type[Any], str] = {
    dict: "object",
    list: "array",
    str: "string",
    int: "integer",
    bool: "boolean",
}


def strings(document: Any, name: str) -> list[str]:
    """The array of strings called `name`, empty when it is absent or null."""
    values = field(document, name, list) or []
    if not all(isinstance(value, str) for value in values):
        raise ImageError(f"has a {name!r} that is no array of strings")
    return values


def _string_map(document: Any, name: str) -> dict[str, str]:
    values = field(document, name, dict) or {}
    if not all(isinstance(value, str) for value in values.values()):
        raise ImageError(f"has {name!r} that are not all strings")
    return values


def _platform(document: Any) -> str:
    parts = (field(document, name, str) for name in ("os", "architecture", "variant"))
    return "/".join(part for part in parts if part)


def descriptor(document: Any) -> Descriptor:
    """The descriptor that a JSON object is."""
    size = field(document, "size", int)
    digest = field(document, "digest", str)
    if size is None or not 0 <= size < 1 << 63 or not digest:
        raise ImageError("has a descriptor without digest or size")
    platform = field(document, "platform", dict)
    return Descriptor(
        field(document, "mediaType", str) or "",
        digest,
        size,
        _string_map(document, "annotations"),
        _platform(platform) if platform is not None else "",
        bool(field(document, "urls", list)),
    )


def parse_index(data: bytes) -> list[Descriptor] | None:
    """What an index points at, None when the document is no index."""
    document = parse(data)
    manifests = field(document, "manifests", list)
    if manifests is None:
        return None
    if field(document, "layers", list) is not None or field(document, "config", dict) is not None:
        # read differently by different tools: GHSA-qq97-vm5h-rrhg
        raise ImageError("is both an index and a manifest")
    return [descriptor(one) for one in manifests]


def parse_manifest(data: bytes) -> Manifest:
    """The manifest that a document is."""
    document = parse(data)
    if field(document, "schemaVersion", int) == 1:
        raise ImageError("is a schema 1 manifest: save the image again with a current engine")
    config = field(document, "config", dict)
    layers = field(document, "layers", list)
    if config is None or layers is None:
        raise ImageError("is no image manifest: it has no config or no layers")
    if len(layers) > MAX_LAYERS:
        raise ImageError(f"has {len(layers)} layers: {MAX_LAYERS} is the most")
    return Manifest(descriptor(config), [descriptor(one) for one in layers])


def parse_config(data: bytes) -> tuple[ImageConfig, str, list[str]]:
    """An image's configuration, its platform, and the digests of its layers' tars."""
    document = parse(data)
    config = ImageConfig()
    config.os = field(document, "os", str) or ""
    config.architecture = field(document, "architecture", str) or ""
    config.created = field(document, "created", str) or ""
    for step in field(document, "history", list) or []:
        created_by = field(step, "created_by", str) or ""
        config.history.append(HistoryStep(created_by, bool(field(step, "empty_layer", bool))))
    rootfs = field(document, "rootfs", dict)
    if rootfs is None:
        raise ImageError("is no image configuration: it has no rootfs")
    run = field(document, "config", dict) or {}
    config.user = field(run, "User", str) or ""
    config.env = strings(run, "Env")
    config.labels = _string_map(run, "Labels")
    config.cmd = strings(run, "Cmd")
    config.entrypoint = strings(run, "Entrypoint")
    config.workdir = field(run, "WorkingDir", str) or ""
    config.ports = sorted(field(run, "ExposedPorts", dict) or {})
    config.volumes = sorted(field(run, "Volumes", dict) or {})
    healthcheck = field(run, "Healthcheck", dict)
    if healthcheck is not None:
        config.healthcheck = strings(healthcheck, "Test") or None
    return config, _platform(document), strings(rootfs, "diff_ids")
