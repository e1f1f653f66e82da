"""From a store's entry points to the images they name: indexes, manifests, `docker save` lists.

Every document and every blob of an artifact is verified on the way; layers are left to the
reader, which streams each once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import NamedTuple

from dockgate.builder.bounds import (
    MAX_DOCUMENTS,
    MAX_INDEX_DEPTH,
    MAX_LAYERS,
    MAX_MANIFEST,
    MAX_MANIFESTS,
    ImageError,
    where,
)
from dockgate.builder.manifest import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    Descriptor,
    Manifest,
    field,
    parse,
    parse_index,
    parse_manifest,
    strings,
)
from dockgate.builder.store import Store, find_blob
from dockgate.builder.unpack import DIGEST, Section, verify
from dockgate.linter.configuration.sizes import human_size
from dockgate.rules.subjects.image import shown

#: How containerd and Docker name an image in an index, the full name first.
NAME_ANNOTATIONS = ("io.containerd.image.name", "org.opencontainers.image.ref.name")

#: Annotations of BuildKit's attestations: what one is of, and what it says.
ATTESTED = "vnd.docker.reference.digest"
PREDICATE_TYPE = "in-toto.io/predicate-type"
PROVENANCE = "https://slsa.dev/provenance/"

#: `<hex>.json` of Docker and podman, `sha256:<hex>` of go-containerregistry; others are names.
_CONFIG_NAME = re.compile(r"(?:^|[/:])([0-9a-f]{64})(?:\.json)?\Z")


class StoredLayer(NamedTuple):
    """A layer before it is read."""

    digest: str  #: "" where only the archive's path is known
    path: str  #: in the archive; "" where the digest leads to it
    size: int  #: bytes as stored
    media_type: str  #: "" where nothing says
    urls: bool  #: may be kept elsewhere (a foreign layer)


class Candidate(NamedTuple):
    """An image that a source names: its configuration verified, its layers not yet."""

    digest: str
    root_digest: str
    ref: str  #: the name that the source gives it, "" for none
    platform: str  #: as the index says, "" when it does not
    config: bytes
    config_digest: str
    layers: list[StoredLayer]


class Walk:
    """All candidates of one store; iterate once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        #: statements by the digest of the image that they are of; whole after the iteration
        self.provenance: dict[str, list[bytes]] = {}
        self._count = 0
        self._documents = 0
        self._verified: set[str] = set()
        self._listing = self._document("manifest.json") if store.is_archive else None

    def __iter__(self) -> Iterator[Candidate]:
        """Images of index.json (OCI), then those of manifest.json (docker save)."""
        index = self._document("index.json")
        if index is None and self._listing is None:
            raise ImageError(
                "is no image: it has no index.json (OCI layout)"
                + (
                    " and no manifest.json (docker save)"
                    if self.store.is_archive
                    else ", and no etc and no usr (root file system)"
                )
            )
        if index is not None:
            yield from self._from_index(index)
        if self._listing is not None:
            yield from self._from_listing(self._listing)

    # -- blobs

    def _document(self, path: str) -> bytes | None:
        with where(path):
            section = self.store.find(path)
            if section is None:
                return None
            with section:
                return self._whole(section)

    def _whole(self, section: Section, limit: int = MAX_MANIFEST) -> bytes:
        data = section.whole(limit)
        self._documents += len(data)
        if self._documents > MAX_DOCUMENTS:
            raise ImageError(f"is too much: {human_size(MAX_DOCUMENTS)} of JSON is the most")
        return data

    def _open(self, one: Descriptor) -> Section:
        section = find_blob(self.store, one.digest)
        if section is None:
            raise ImageError(f"{one.digest} is missing: copy or build the image again")
        if section.size != one.size:
            section.close()
            raise ImageError(
                f"{one.digest} has {section.size} bytes where {one.size} are stated: "
                "copy or build the image again"
            )
        return section

    def _blob(self, one: Descriptor, limit: int = MAX_MANIFEST) -> bytes:
        """A document, whole and verified."""
        with self._open(one) as section, where(one.digest):
            data = self._whole(section, limit)
            verify((data,), one.digest)
        self._verified.add(one.digest)
        return data

    def _verify(self, one: Descriptor) -> None:
        """Hash a blob that is not read otherwise."""
        if one.digest not in self._verified:
            with self._open(one) as section, where(one.digest):
                verify(section.chunks(), one.digest)
            self._verified.add(one.digest)

    # -- OCI layout

    def _from_index(self, data: bytes) -> Iterator[Candidate]:
        layout = self._document("oci-layout")
        if layout is not None:
            with where("oci-layout"):
                version = field(parse(layout), "imageLayoutVersion", str)
                if version != "1.0.0":
                    raise ImageError(
                        f"has the unknown version {str(version)[:20]!r}: 1.0.0 is read"
                    )
        with where("index.json"):
            roots = parse_index(data)
            if roots is None:
                raise ImageError("is no index: it has no manifests")
        for root in roots:
            yield from self._descend(root, root, 1)

    def _descend(self, root: Descriptor, one: Descriptor, depth: int) -> Iterator[Candidate]:
        """The images below a descriptor. No document can hold its own digest, so there is no
        cycle among verified ones; how deep and how many they are is bounded.
        """
        self._count += 1
        if depth > MAX_INDEX_DEPTH:
            raise ImageError(
                f"{one.digest} is an index {depth} deep: {MAX_INDEX_DEPTH} is the most"
            )
        if self._count > MAX_MANIFESTS:
            raise ImageError(f"has more than {MAX_MANIFESTS} manifests")
        if depth > 1 and self._left_out(one):
            return
        data = self._blob(one)
        with where(one.digest):
            below = parse_index(data)
            _require_type(one, field(parse(data), "mediaType", str), below is not None)
            manifest = parse_manifest(data) if below is None else None
        if manifest is None:
            for inner in below or ():
                yield from self._descend(root, inner, depth + 1)
        elif not manifest.is_image or manifest.is_attestation(one):
            self._artifact(one, manifest)
        else:
            yield self._candidate(root, one, manifest)

    def _artifact(self, one: Descriptor, manifest: Manifest) -> None:
        self._verify(manifest.config)
        for blob in manifest.layers:
            if blob.annotations.get(PREDICATE_TYPE, "").startswith(PROVENANCE):
                subject = one.annotations.get(ATTESTED, "")
                self.provenance.setdefault(subject, []).append(self._blob(blob, MAX_DOCUMENTS))
            else:
                self._verify(blob)

    def _left_out(self, one: Descriptor) -> bool:
        """`docker save` writes a multi-platform index whole, but only the platforms it has."""
        return self._listing is not None and find_blob(self.store, one.digest) is None

    def _candidate(self, root: Descriptor, one: Descriptor, manifest: Manifest) -> Candidate:
        ref = next(
            (root.annotations[key] for key in NAME_ANNOTATIONS if key in root.annotations), ""
        )
        layers = [
            StoredLayer(layer.digest, "", layer.size, layer.media_type, layer.urls)
            for layer in manifest.layers
        ]
        config = self._blob(manifest.config)
        return Candidate(
            one.digest, root.digest, ref, one.platform, config, manifest.config.digest, layers
        )

    # -- docker save

    def _from_listing(self, data: bytes) -> Iterator[Candidate]:
        """The images of manifest.json (moby image/spec/v1.2.md, "Combined Image JSON")."""
        with where("manifest.json"):
            items = parse(data)
            if not isinstance(items, list) or len(items) > MAX_MANIFESTS:
                raise ImageError("is no list of images, or one that is too long")
            for item in items:
                paths = strings(item, "Layers")
                if len(paths) > MAX_LAYERS:
                    raise ImageError(f"has {len(paths)} layers: {MAX_LAYERS} is the most")
                config, digest = self._listed_config(field(item, "Config", str) or "")
                ref = (strings(item, "RepoTags") or [""])[0]
                layers = [self._listed_layer(path) for path in paths]
                yield Candidate(digest, digest, ref, "", config, digest, layers)

    def _listed(self, path: str) -> Section:
        section = self.store.find(path)
        if section is None:
            raise ImageError(f"names {path[:300]!r}, which is missing: save the image again")
        return section

    def _listed_config(self, path: str) -> tuple[bytes, str]:
        """A configuration and its digest, which most file names say."""
        with self._listed(path) as section, where(shown(path)):
            config = self._whole(section)
            digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
            stated = _CONFIG_NAME.search(path)
            if stated:
                verify((config,), f"sha256:{stated[1]}")
        return config, digest

    def _listed_layer(self, path: str) -> StoredLayer:
        folder, _, name = path.rpartition("/")
        digest = f"sha256:{name}" if folder == "blobs/sha256" else ""
        if digest and not DIGEST.fullmatch(digest):
            raise ImageError(f"names {path[:300]!r}, which is no blob")
        return StoredLayer(digest, path, self._listed(path).size, "", False)


def _require_type(one: Descriptor, stated: str | None, is_index: bool) -> None:
    """ImageError unless a document is of the type that it and its descriptor say (CVE-2021-41190).

    The document may leave its type out, and so may an index.json made by hand.
    """
    right = INDEX_TYPES if is_index else MANIFEST_TYPES
    for media_type in (stated, one.media_type):
        if media_type and media_type not in right:
            kind = "an index" if is_index else "a manifest"
            raise ImageError(f"is {kind}, but is called {media_type[:100]!r}")
