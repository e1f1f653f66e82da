"""Giving names to the judged digest: in the engine, in registries, in the caller's files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from dockgate.builder import credentials, sbom
from dockgate.builder.buildkit import Built, Engine
from dockgate.builder.manifest import INDEX_TYPES, MANIFEST_TYPES, Descriptor
from dockgate.builder.reference import Reference
from dockgate.builder.registry import Registry
from dockgate.builder.registry_transport import RegistryError
from dockgate.builder.request import BuildRequest
from dockgate.builder.transfer import CHUNK, Layout
from dockgate.linter import files
from dockgate.rules.subjects.image import Image


def push(
    layout: Layout, names: Sequence[Reference], insecure: frozenset[str], done: list[str]
) -> None:
    """Push the image to every name: blobs, manifests by digest, and the tags last of all.

    `done` fills up with the names that stand. Raises RegistryError when a registry does not hold
    the judged digest before or after tagging.
    """
    places: dict[tuple[str, str], list[Reference]] = {}
    for name in names:
        places.setdefault((name.host, name.repository), []).append(name)
    blobs = layout.closure()
    for host, repository in places:
        with _registry(host, insecure) as registry:
            for blob in blobs:
                _put(registry, repository, layout, blob)
            _require(registry, repository, layout.top.digest, layout.top.digest)
    top = layout.manifest(layout.top)
    for (host, repository), tagged in places.items():
        with _registry(host, insecure) as registry:
            for name in tagged:
                registry.put_manifest(repository, top, layout.top.media_type, name.tag)
                done.append(f"{name.familiar} in its registry")
                _require(registry, repository, name.tag, layout.top.digest)


def write_results(request: BuildRequest, built: Built, identity: str, image: Image | None) -> None:
    """--sbom-file, --metadata-file and --iidfile, each whole or not at all.

    Only an accepted image gets them.
    """
    if request.sbom_file and image is not None:
        bill = sbom.render(image, sbom.format_of(request.sbom_file))
        files.replace(request.sbom_file, bill.encode(errors="replace"))
    if request.metadata_file:
        metadata = dict(built.metadata)
        if request.tags:
            metadata["image.name"] = ",".join(str(name) for name in request.tags)
        files.replace(request.metadata_file, json.dumps(metadata, indent=2).encode())
    if request.iidfile:
        files.replace(request.iidfile, identity.encode())


def identity(engine: Engine, layout: Layout | None, built: Built) -> str:
    """What --iidfile holds: the name by which the engine, or the registry, knows the image."""
    if built.image_id or layout is None:
        return built.image_id
    return built.digest if engine.client.containerd else layout.image().config.digest


def _registry(host: str, insecure: frozenset[str]) -> Registry:
    return Registry(host, credentials=credentials.find(host), insecure=host in insecure)


def _put(registry: Registry, repository: str, layout: Layout, blob: Descriptor) -> None:
    if blob.media_type in MANIFEST_TYPES | INDEX_TYPES:
        registry.put_manifest(repository, layout.manifest(blob), blob.media_type, blob.digest)
    elif not registry.has_blob(repository, blob.digest):
        registry.put_blob(repository, blob, lambda: _chunks(layout, blob))


def _chunks(layout: Layout, blob: Descriptor) -> Iterator[bytes]:
    with layout.path(blob).open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _require(registry: Registry, repository: str, name: str, judged: str) -> None:
    found = registry.digest(repository, name)
    if found != judged:
        raise RegistryError(
            f"{registry.host}/{repository}: {name} is {found or 'missing'}, not the judged "
            f"{judged}: something else moved it, push again"
        )
