"""An image in a registry as a store of blobs: each fetched when it is read, none kept.

What a registry answers is verified as a file's content is: against the digest that names it.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import httpx

from dockgate.builder import credentials
from dockgate.builder.bounds import ImageError
from dockgate.builder.client import Client
from dockgate.builder.credentials import DOCKER_HUB
from dockgate.builder.manifest import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    Descriptor,
    field,
    parse,
    parse_index,
    parse_manifest,
)
from dockgate.builder.reference import Reference
from dockgate.builder.registry import Registry
from dockgate.builder.registry_transport import RegistryError
from dockgate.builder.unpack import CHUNK, Section
from dockgate.linter.errors import UnfinishedError

#: Bytes that must come in a second, beside some time to begin with: one that sends byte by byte
#: holds nobody for ever.
SLOWEST_DOWNLOAD = 16 << 10
PATIENCE = 60.0

_DEFAULT_TAG = "latest"


class Remote:
    """An image of a registry, by tag or digest. A `Store`."""

    is_archive = False
    is_remote = True

    def __init__(self, registry: Registry, reference: Reference) -> None:
        """Raises RegistryError where there is no such image."""
        self._registry = registry
        self._repository = reference.repository
        name = reference.digest or reference.tag or _DEFAULT_TAG
        data = registry.manifest(self._repository, name)
        #: of what the name means, as the registry's bytes have it
        self.digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if reference.digest and self.digest != reference.digest:
            raise RegistryError(f"{registry.host}: answers with something else than {name}")
        self._manifests: dict[str, bytes | None] = {self.digest: data}
        self._sizes: dict[str, int] = {}
        self._learn(data)
        root = {"digest": self.digest, "size": len(data)}
        with suppress(ImageError):
            root["mediaType"] = field(parse(data), "mediaType", str) or ""
        self._index = json.dumps({"schemaVersion": 2, "manifests": [root]}).encode()

    def find(self, path: str) -> Section | None:
        """The document or blob that an OCI layout would have at `path`."""
        if path == "index.json":
            return Document(self._index)
        if not path.startswith("blobs/"):
            return None
        digest = path.removeprefix("blobs/").replace("/", ":")
        if digest in self._manifests:
            data = self._manifests[digest]
            if data is None:
                data = self._registry.manifest(self._repository, digest)
                self._learn(data)
            return Document(data)
        response = self._registry.open_blob(self._repository, digest)
        if response is None:
            return None
        return Download(self, digest, response, self._sizes.get(digest, 0))

    def open(self, digest: str) -> httpx.Response:
        """The blob once more."""
        response = self._registry.open_blob(self._repository, digest)
        if response is None:
            raise RegistryError(f"{self._registry.host}: {digest} is gone")
        return response

    def close(self) -> None:
        """End the connections."""
        self._registry.__exit__()

    def _learn(self, data: bytes) -> None:
        """Which of the blobs below a document are manifests, which registries keep apart."""
        below: list[Descriptor] = []
        with suppress(ImageError):  # told when it is read
            found = parse_index(data)
            one = parse_manifest(data) if found is None else None
            below = [one.config, *one.layers] if one is not None else found or []
        for child in below:
            self._sizes[child.digest] = child.size
            if child.media_type in INDEX_TYPES | MANIFEST_TYPES:
                self._manifests.setdefault(child.digest, None)


class Document(Section):
    """A document that is in memory."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = data
        self._at = 0

    def read(self, size: int) -> bytes:
        """The next bytes."""
        data = self._data[self._at : self._at + size]
        self._at += len(data)
        return data

    def again(self) -> Section:
        """The same from its start."""
        return Document(self._data)


class Download(Section):
    """A blob on its way; `size` is what the manifest states, and more is not read."""

    def __init__(self, store: Remote, digest: str, response: httpx.Response, size: int) -> None:
        self.size = size
        self._store = store
        self._digest = digest
        self._response = response
        self._chunks: Iterator[bytes] = response.iter_raw(CHUNK)
        self._rest = b""
        self._left = size
        self._started = time.monotonic()

    def read(self, size: int) -> bytes:
        """The next bytes, as many as there are just now."""
        if not self._rest:
            self._rest = self._receive()
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def _receive(self) -> bytes:
        try:
            data = next(self._chunks, b"")
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise ImageError(
                f"the download broke off ({type(error).__name__}): try again"
            ) from None
        self._left -= len(data)
        if self._left < 0:
            raise ImageError(f"has more than the {self.size} bytes that are stated")
        allowed = PATIENCE + (self.size - self._left) / SLOWEST_DOWNLOAD
        if time.monotonic() - self._started > allowed:
            raise ImageError("the registry sends it too slowly: try again later")
        return data

    def again(self) -> Section:
        """The same from its start, fetched again."""
        return Download(self._store, self._digest, self._store.open(self._digest), self.size)

    def close(self) -> None:
        """End the download."""
        self._response.close()


def open_remote(reference: Reference, engine: Client | None) -> Remote:
    """The image in the first place that has it: the engine's mirrors, then its own registry.

    Raises UnfinishedError, which says of the last place why not.
    """
    failed: UnfinishedError | None = None
    for host, insecure in _places(reference.host, engine):
        registry = None
        try:
            found = credentials.find(host)
            registry = Registry(host, credentials=found, insecure=insecure, actions="pull")
            return Remote(registry, reference)
        except UnfinishedError as error:
            failed = error
            if registry is not None:
                registry.__exit__()
    raise failed or UnfinishedError(f"{reference.host}: no registry")


def _places(host: str, engine: Client | None) -> Iterator[tuple[str, bool]]:
    if engine is not None and host == DOCKER_HUB:
        for mirror in engine.mirrors:
            parts = urlsplit(mirror)
            if parts.netloc:
                yield parts.netloc, parts.scheme == "http" or parts.netloc in engine.insecure
    yield host, engine is not None and host in engine.insecure
