"""A judged OCI layout on its way out: its blobs in the order a registry wants, or a tar to load.

What an image says is read in `layout.py`; this module hands bytes on, each under the digest that
was judged.
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dockgate.builder.bounds import (
    MAX_INDEX_DEPTH,
    MAX_LAYERS,
    MAX_MANIFEST,
    MAX_MANIFESTS,
    ImageError,
)
from dockgate.builder.manifest import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    Descriptor,
    Manifest,
    parse,
    parse_index,
    parse_manifest,
)

CHUNK = 1 << 20  #: bytes read at a time
_INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
_CONTAINERD_NAME = "io.containerd.image.name"  # containerd's importer names the image after it


class Layout:
    """An OCI layout folder that holds one image, or one index of an image and its attestations.

    Everything raises ImageError where the folder is not whole.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        index = _read(folder / "index.json")
        found = parse_index(index)
        if found is None or len(found) != 1:
            raise ImageError(f"the build gave {len(found or ())} images: exactly one can be judged")
        self.top = found[0]
        self._entry: dict[str, Any] = parse(index)["manifests"][0]

    def path(self, blob: Descriptor) -> Path:
        """Where a blob's bytes are."""
        algorithm, _, encoded = blob.digest.partition(":")
        if algorithm != "sha256" or len(encoded) != 64 or not encoded.isalnum():
            raise ImageError(f"{blob.digest[:80]!r} is no sha256 digest")
        return self.folder / "blobs" / algorithm / encoded

    def manifest(self, blob: Descriptor) -> bytes:
        """The bytes of a manifest or index, checked against its digest."""
        data = _read(self.path(blob))
        if f"sha256:{hashlib.sha256(data).hexdigest()}" != blob.digest:
            raise ImageError(f"{blob.digest}: the blob has other bytes")
        return data

    def closure(self) -> list[Descriptor]:
        """The image's blobs, each before what names it; manifests are told by their type."""
        found: dict[str, Descriptor] = {}
        self._descend(self.top, 0, found)
        return list(found.values())

    def image(self) -> Manifest:
        """The image's own manifest: of an index, the first that is no attestation."""
        for blob in self.closure():
            if blob.media_type in MANIFEST_TYPES:
                manifest = parse_manifest(self.manifest(blob))
                if manifest.is_image and not manifest.is_attestation(blob):
                    return manifest
        raise ImageError(f"{self.top.digest}: there is no image in it")

    def archive(self, names: Sequence[str]) -> Iterator[bytes]:
        """A tar for `docker load` that brings exactly this image under `names`, piece by piece.

        The names come last: an engine that is cut off in between, as it is where a blob is not
        what was judged any more, has made none. Holds what either
        image store reads: OCI's index.json, or docker-archive's manifest.json.
        """
        for blob in self.closure():
            yield _header(_member_name(blob), blob.size)
            left, seen = blob.size, hashlib.sha256()
            with self.path(blob).open("rb") as stream:
                while chunk := stream.read(min(CHUNK, left)):
                    left -= len(chunk)
                    seen.update(chunk)
                    yield chunk
            if left or f"sha256:{seen.hexdigest()}" != blob.digest:
                raise ImageError(f"{blob.digest}: the blob has changed since it was judged")
            yield bytes(-blob.size % tarfile.BLOCKSIZE)
        image = self.image()
        yield _member("oci-layout", {"imageLayoutVersion": "1.0.0"})
        docker = {
            "Config": _member_name(image.config),
            "RepoTags": list(names),
            "Layers": [_member_name(layer) for layer in image.layers],
        }
        yield _member("manifest.json", [docker])
        bare = {key: value for key, value in self._entry.items() if key != "annotations"}
        named = [{**bare, "annotations": {_CONTAINERD_NAME: name}} for name in names]
        yield _member(
            "index.json", {"schemaVersion": 2, "mediaType": _INDEX_TYPE, "manifests": named}
        )
        yield bytes(2 * tarfile.BLOCKSIZE)

    def _descend(self, blob: Descriptor, depth: int, found: dict[str, Descriptor]) -> None:
        if blob.digest in found:
            return
        if depth > MAX_INDEX_DEPTH or len(found) > MAX_MANIFESTS + MAX_LAYERS:
            raise ImageError(f"{self.top.digest}: too many manifests or blobs in one image")
        children: list[Descriptor] = []
        if blob.media_type in INDEX_TYPES:
            children = parse_index(self.manifest(blob)) or []
        elif blob.media_type in MANIFEST_TYPES:
            manifest = parse_manifest(self.manifest(blob))
            children = [manifest.config, *manifest.layers]
        for child in children:
            self._descend(child, depth + 1, found)
        found[blob.digest] = blob


def _member_name(blob: Descriptor) -> str:
    return "blobs/" + blob.digest.replace(":", "/")


def _member(name: str, content: object) -> bytes:
    data = json.dumps(content).encode()
    return _header(name, len(data)) + data + bytes(-len(data) % tarfile.BLOCKSIZE)


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.PAX_FORMAT)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_MANIFEST + 1)
    except OSError as error:
        raise ImageError(f"{path.name}: {error.strerror}: the image is not whole") from None
    if len(data) > MAX_MANIFEST:
        raise ImageError(f"{path.name}: larger than {MAX_MANIFEST} bytes")
    return data
