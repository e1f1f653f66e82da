"""What base images set, asked of the engine first and of their registry otherwise.

By name only the engine or the registry can tell; by digest also the cache, without asking anybody.
Whatever a registry or the cache gives is verified against the digest that led to it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from dockgate.builder import credentials, manifest
from dockgate.builder.base_cache import BaseCache, default_folder
from dockgate.builder.bounds import MAX_INDEX_DEPTH, MAX_MANIFEST, MAX_MANIFESTS, ImageError, where
from dockgate.builder.client import Client, find_client, inspect_image
from dockgate.builder.credentials import DOCKER_HUB
from dockgate.builder.manifest import Descriptor, field, strings
from dockgate.builder.reference import DIGEST, Reference, parse
from dockgate.builder.registry import Registry
from dockgate.builder.registry_transport import RegistryError, UnreachableError
from dockgate.linter.errors import DockgateError, UnfinishedError
from dockgate.linter.parsing import platforms
from dockgate.linter.parsing.platforms import Platform
from dockgate.rules.subjects.base_image import BaseImage
from dockgate.rules.subjects.dockerfile import normalise_reference
from dockgate.rules.subjects.image import shown

#: Seconds for one request to a registry: documents of some KiB, so slower means broken.
REQUEST_SECONDS = 20.0
#: Seconds for all that is asked in one run, the engine included; past it nothing more is asked.
MAX_SECONDS = 300.0
#: Manifests of one index that are opened to learn their platform, where the index does not say it.
MAX_UNLABELLED = 8
#: Characters of an image's ONBUILD triggers, which the lint runs; real ones have some hundred.
MAX_TRIGGERS = 64 << 10
_NAMED_PLATFORMS = 5  # in an error's text


class ResolvedBases(Mapping[str, BaseImage]):
    """Base images by `base_image.key`; a lookup asks, once in a run for each.

    A lookup raises UnfinishedError with one line when the image cannot be told.
    """

    def __init__(self, cache: BaseCache | None = None) -> None:
        self._cache = cache if cache is not None else BaseCache(default_folder())
        self._known: dict[str, BaseImage | str] = {}  # an error's text in place of an image
        self._engine: Client | str | None = None  # None: not looked for yet
        self._registries: dict[str, Registry | UnfinishedError] = {}
        self._left = MAX_SECONDS

    def __getitem__(self, key: str) -> BaseImage:
        if key not in self._known:
            started = time.monotonic()
            self._known[key] = self._find(key)
            self._left -= time.monotonic() - started
        found = self._known[key]
        if isinstance(found, str):
            raise UnfinishedError(found)
        return found

    def __iter__(self) -> Iterator[str]:
        return (key for key, found in self._known.items() if not isinstance(found, str))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __reduce__(self) -> tuple[type[ResolvedBases], tuple[BaseCache]]:
        """In another process it starts anew: connections stay where they are."""
        return type(self), (self._cache,)

    def _find(self, key: str) -> BaseImage | str:
        name, _, platform = key.rpartition(" ")
        familiar = name.removeprefix("docker.io/").removeprefix("library/")
        what = f"could not resolve {shown(familiar)} for {platform}"
        try:
            if self._left <= 0:
                raise UnfinishedError(f"no more is asked after {MAX_SECONDS:.0f} seconds")
            return self._image(parse(name), platforms.parse(platform))
        except UnreachableError as error:
            if isinstance(self._engine, str):
                return (
                    f"{what}: neither an engine nor its registry answers ({error}): "
                    "start the engine, or leave out --resolve"
                )
            return (
                f"{what}: the engine does not have it, its registry does not answer ({error}): "
                "pull it, or leave out --resolve"
            )
        except (DockgateError, ValueError) as error:
            return f"{what}: {error}"

    def _image(self, reference: Reference, platform: Platform) -> BaseImage:
        if reference.digest:
            try:
                return _Walk(self._cache, None, "", platform).image(reference.digest)
            except _NotCachedError:
                pass
        local = self._local(reference, platform)
        if local is not None and rank(platform, _platform(local)) is not None:
            return local
        try:
            return self._remote(reference, platform)
        except UnfinishedError:
            if local is not None:  # for another platform, but all that there is
                return local
            raise

    # The engine

    def _local(self, reference: Reference, platform: Platform) -> BaseImage | None:
        """The image as the engine has it, for whatever platform that is."""
        engine = self._find_engine()
        if engine is None:
            return None
        # An engine that is given both looks for the tag alone, or refuses.
        name = str(reference._replace(tag="") if reference.digest else reference)
        told = inspect_image(engine, name)
        if told is None:
            return None
        with where("what the engine tells"):
            document = manifest.parse(told)
            digests = (entry.rpartition("@") for entry in strings(document, "RepoDigests"))
            digest = next(
                (d for n, _, d in digests if normalise_reference(n) == reference.name), ""
            )
            return base_image(document, platform, digest)

    def _find_engine(self) -> Client | None:
        if self._engine is None:
            try:
                self._engine = find_client(buildx=False)
            except UnfinishedError as error:
                self._engine = str(error)
        return None if isinstance(self._engine, str) else self._engine

    # Registries

    def _remote(self, reference: Reference, platform: Platform) -> BaseImage:
        """The image in the first place that has it: the engine's mirrors, its own registry."""
        faults: list[UnfinishedError] = []
        for host, insecure in self._places(reference.host):
            try:
                registry = self._registry(host, insecure=insecure)
                digest = reference.digest or registry.stated_digest(
                    reference.repository, reference.tag
                )
                if digest is None:
                    raise RegistryError(f"{host}: there is no {reference.familiar}")
                return _Walk(self._cache, registry, reference.repository, platform).image(digest)
            except UnfinishedError as error:
                faults.append(error)
        # One that has the image, though of no use, says more than another that is not there.
        raise next((one for one in faults if isinstance(one, ImageError)), faults[-1])

    def _places(self, host: str) -> Iterator[tuple[str, bool]]:
        engine = self._find_engine()
        if engine is not None and host == DOCKER_HUB:
            for mirror in engine.mirrors:
                parts = urlsplit(mirror)
                if parts.netloc:
                    yield parts.netloc, parts.scheme == "http" or parts.netloc in engine.insecure
        yield host, engine is not None and host in engine.insecure

    def _registry(self, host: str, *, insecure: bool) -> Registry:
        """A registry that answers. One that did not is not waited for again."""
        if host not in self._registries:
            registry = Registry(
                host,
                credentials=credentials.find(host),
                insecure=insecure,
                actions="pull",
                seconds=REQUEST_SECONDS,
            )
            try:
                registry.connect()
                self._registries[host] = registry
            except UnfinishedError as error:
                self._registries[host] = error
        found = self._registries[host]
        if isinstance(found, UnfinishedError):
            raise found
        return found


class _NotCachedError(Exception):
    """A document is not in the cache, and nobody may be asked for it."""


class _NoMatchError(ImageError):
    """An index has nothing for the platform."""


class _Walk:
    """From a digest to an image's configuration, every document verified.

    `registry`: who is asked for what the cache does not have; None: nobody.
    """

    def __init__(
        self, cache: BaseCache, registry: Registry | None, repository: str, platform: Platform
    ) -> None:
        self._cache = cache
        self._registry = registry
        self._repository = repository
        self._platform = platform
        self._unlabelled = MAX_UNLABELLED

    def image(self, digest: str) -> BaseImage:
        """The image that a digest means for the platform."""
        return self._descend(digest, 0)._replace(digest=digest)

    def _descend(self, digest: str, depth: int) -> BaseImage:
        data = self._document(digest, manifest=True)
        with where(digest):
            below = manifest.parse_index(data)
            if below is not None:
                if depth == MAX_INDEX_DEPTH or len(below) > MAX_MANIFESTS:
                    raise ImageError("is an index that is too deep or too long")
                return self._choose(below, depth)
            one = manifest.parse_manifest(data)
            if not one.is_image:
                raise ImageError("is no image that can be run")
        config = self._document(one.config.digest, manifest=False)
        with where(one.config.digest):
            return base_image(manifest.parse(config), self._platform, digest)

    def _choose(self, below: list[Descriptor], depth: int) -> BaseImage:
        """As containerd does: the best platform, the first of equals."""
        labelled: list[tuple[int, int]] = []
        for position, one in enumerate(below):
            order = rank(self._platform, _read_platform(one.platform)) if one.platform else None
            if order is not None:
                labelled.append((order, position))
        if labelled:
            return self._descend(below[min(labelled)[1]].digest, depth + 1)
        for one in below:
            if one.platform or not self._unlabelled:
                continue
            self._unlabelled -= 1
            try:
                found = self._descend(one.digest, depth + 1)
            except _NoMatchError:
                continue
            if rank(self._platform, _platform(found)) is not None:
                return found
        known = [d.platform for d in below if d.platform and not d.platform.startswith("unknown/")]
        listed = ", ".join(known[:_NAMED_PLATFORMS]) + (
            " …" if len(known) > _NAMED_PLATFORMS else ""
        )
        raise _NoMatchError(
            f"has no image for {self._platform.name}, only for {listed or 'none that is named'}: "
            "give the one that is built for with --platform"
        )

    def _document(self, digest: str, *, manifest: bool) -> bytes:
        if not DIGEST.fullmatch(digest):
            raise ImageError(f"names {digest[:100]!r}, which is no sha256 digest")
        data = self._cache.get(digest)
        if data is None:
            if self._registry is None:
                raise _NotCachedError
            ask = self._registry.manifest if manifest else self._registry.blob
            data = ask(self._repository, digest)
            if f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
                raise RegistryError(
                    f"{self._registry.host}: answers with something else than {digest}"
                )
            if len(data) <= MAX_MANIFEST:
                self._cache.put(digest, data)
        return data


# What is read


def base_image(document: object, platform: Platform, digest: str) -> BaseImage:
    """The base image that an OCI configuration, or what `docker image inspect` gives, is.

    Both have the same fields, but for their case. Raises ImageError.
    """
    run = field(document, "config", dict) or {}
    healthcheck = field(run, "Healthcheck", dict) or {}
    labels = field(run, "Labels", dict) or {}
    if not all(isinstance(value, str) for value in labels.values()):
        raise ImageError("has labels that are not all strings")
    onbuild = tuple(strings(run, "OnBuild"))
    if sum(map(len, onbuild)) + len(onbuild) > MAX_TRIGGERS:
        raise ImageError(f"has ONBUILD triggers of more than {MAX_TRIGGERS >> 10} KiB")
    pairs = (entry.partition("=") for entry in strings(run, "Env"))
    return BaseImage(
        os=field(document, "os", str) or platform.os,
        architecture=field(document, "architecture", str) or "",
        variant=field(document, "variant", str) or "",
        user=field(run, "User", str) or "",
        env=tuple((name, value) for name, _, value in pairs if name),
        labels=labels,
        workdir=field(run, "WorkingDir", str) or "",
        shell=tuple(strings(run, "Shell")) or None,
        healthcheck=tuple(strings(healthcheck, "Test")) or None,
        entrypoint=tuple(strings(run, "Entrypoint")),
        cmd=tuple(strings(run, "Cmd")),
        onbuild=onbuild,
        platform=platform.name,
        digest=digest,
    )


def rank(wanted: Platform, found: Platform | None) -> int | None:
    """How far `found` is from what is wanted, 0 for the same; None where it does not run there.

    containerd's `platforms.Only`: a processor runs what was made for its older kin.
    """
    if found is None or found.os != wanted.os:
        return None
    kin = _kin(wanted.architecture, wanted.variant)
    one = _Processor(found.architecture, found.variant)
    return kin.index(one) if one in kin else None


class _Processor(NamedTuple):
    architecture: str
    variant: str


def _kin(architecture: str, variant: str) -> list[_Processor]:
    own = [_Processor(architecture, variant)]
    level = int(variant[1:]) if variant[1:].isdecimal() and len(variant) < 4 else 0
    if architecture == "amd64":
        older = ["" if n == 1 else f"v{n}" for n in range(level - 1, 0, -1)]
        return [*own, *(_Processor("amd64", v) for v in older), _Processor("386", "")]
    if architecture == "arm64":
        arm = [_Processor("arm", f"v{n}") for n in range(8, 4, -1)]
        return own + ([] if not variant else [_Processor("arm64", "")]) + arm
    if architecture == "arm":
        return own + [_Processor("arm", f"v{n}") for n in range(level - 1, 4, -1)]
    return own


def _platform(image: BaseImage) -> Platform | None:
    if not image.architecture:
        return None
    return _read_platform("/".join(filter(None, (image.os, image.architecture, image.variant))))


def _read_platform(text: str) -> Platform | None:
    try:
        return platforms.parse(text)
    except ValueError:
        return None
