"""OCI layout (folder or tar) or `docker save` archive -> Image. Every blob is verified.

Each layer is streamed once and never unpacked to disk. Fail closed: a blob that is missing, cut
short or of another digest than the one that names it ends the reading with an ImageError.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import closing

from dockgate.builder.bounds import Budget, ImageError, where
from dockgate.builder.config_secrets import find_in_config, find_in_provenance
from dockgate.builder.dispatch import AnyReader, Dispatch
from dockgate.builder.layer_cache import LayerCache, default_folder
from dockgate.builder.layers import read_layer
from dockgate.builder.manifest import parse_config
from dockgate.builder.readers import all_readers
from dockgate.builder.rootfs import is_root_filesystem, read_rootfs
from dockgate.builder.store import Archive, Store, find_blob, open_store
from dockgate.builder.unpack import GZIP, ZSTD, Section, verify
from dockgate.builder.walk import Candidate, StoredLayer, Walk
from dockgate.builder.watch import Watch, WatchedSection
from dockgate.rules.settings import DEFAULT_SETTINGS, Settings
from dockgate.rules.subjects.image import Image, ImageConfig, Layer, shown
from dockgate.rules.subjects.merged import TooManyError


def read_images(
    source: str,
    *,
    name: str | None = None,
    platform: str | None = None,
    settings: Settings = DEFAULT_SETTINGS,
    readers: Sequence[AnyReader] | None = None,
    store: Store | None = None,
    cached: bool = False,
    watch: Watch | None = None,
) -> list[Image]:
    """Every image in an OCI layout folder, OCI tar or `docker save` tar, compressed or not; or the
    root file system in a folder; or what is in `store`, which `source` then only names.

    `name` is what the user calls it (default: `source`); where there are several, the name or the
    platform that the source gives is added. `platform` (`linux/amd64`) picks among them.
    `readers` say what of the files is wanted; by default all that there are (readers.py). `cached`:
    what was read of a layer in an earlier scan counts, and is kept for later ones. `watch` is told
    how far it is.

    Raises ImageError, one line, when anything of it is missing, damaged or past a bound, when
    there is no image, or none for the platform. A layer that cannot be looked into (encrypted,
    foreign) does not raise: `Layer.unread` says why.
    """
    dispatch = Dispatch(all_readers(settings) if readers is None else readers)
    given = name or source
    with where(shown(given)):
        if store is None and os.path.isdir(source) and is_root_filesystem(source):
            image = read_rootfs(source, given, dispatch, watch)
            image.settings = settings
            return [_merged(image)]
        with closing(store or open_store(source)) as opened:
            kept = LayerCache(default_folder() if cached else None, dispatch.readers)
            return _Images(opened, given, settings, dispatch, kept, watch).images(platform)


def open_image(
    source: str,
    *,
    name: str | None = None,
    platform: str | None = None,
    settings: Settings = DEFAULT_SETTINGS,
    readers: Sequence[AnyReader] | None = None,
) -> Image:
    """The one image in `source`; ImageError as in `read_images`, and when there are several."""
    images = read_images(source, name=name, platform=platform, settings=settings, readers=readers)
    if len(images) > 1:
        held = ", ".join(image.name for image in images)
        raise ImageError(f"{shown(source)}: holds {len(images)} images: choose one of {held}")
    return images[0]


class _Images:
    """One source, read once: a layer that several images share is read for the first."""

    def __init__(
        self,
        store: Store,
        name: str,
        settings: Settings,
        dispatch: Dispatch,
        cache: LayerCache,
        watch: Watch | None,
    ) -> None:
        self.store = store
        self.name = name
        self.settings = settings
        self.dispatch = dispatch
        self.cache = cache
        self.watch = watch
        self.budget = Budget()
        self.read: dict[tuple[str, str], Layer] = {}

    def images(self, wanted: str | None) -> list[Image]:
        """The source's images for a platform, or for all."""
        images: list[Image] = []
        refs: list[str] = []
        passed: list[str] = []
        walk = Walk(self.store)
        for candidate in walk:
            if any(image.config_digest == candidate.config_digest for image in images):
                continue  # docker save names an image in index.json and in manifest.json
            with where(candidate.config_digest):
                config, platform, diff_ids = parse_config(candidate.config)
            platform = candidate.platform or platform
            if wanted is not None and not _matches(wanted, platform):
                passed.append(platform)
                continue
            images.append(self._image(candidate, config, platform, diff_ids))
            refs.append(candidate.ref)
        if not images and passed:
            held = ", ".join(dict.fromkeys(passed))
            raise ImageError(f"has no image for {wanted}: choose one of {shown(held)}")
        if not images:
            raise ImageError("holds no image")
        for image in images:
            image.provenance = walk.provenance.get(image.digest, [])
            for statement in image.provenance:
                find_in_provenance(
                    image.config,
                    statement,
                    self.settings.secret_names,
                    self.settings.secret_salt,
                )
        if len(images) > 1:
            for image, ref in zip(images, refs, strict=True):
                given = refs.count(ref) == 1 and ref
                image.name = f"{self.name} ({shown(given or image.platform or image.digest)})"
        return images

    def _image(
        self, one: Candidate, config: ImageConfig, platform: str, diff_ids: list[str]
    ) -> Image:
        if len(diff_ids) != len(one.layers):
            raise ImageError(
                f"{one.config_digest} has {len(diff_ids)} diff_ids for {len(one.layers)} layers: "
                "copy or build the image again"
            )
        self.budget.allow(sum(layer.size for layer in one.layers))
        if self.watch is not None:
            self.watch.expect(sum(layer.size for layer in one.layers))
        made_by = [step.created_by for step in config.history if not step.empty_layer]
        layers: list[Layer] = []
        for index, (stored, diff_id) in enumerate(zip(one.layers, diff_ids, strict=True)):
            layer = Layer(index, stored.digest, stored.size, stored.media_type)
            layer.diff_id = diff_id
            layer.created_by = made_by[index] if index < len(made_by) else ""
            with where(f"layer {shown(stored.digest or stored.path)}"):
                self._fill(layer, stored)
            layers.append(layer)
        find_in_config(config, self.settings.secret_names, self.settings.secret_salt)
        image = Image(self.name, one.digest, config, layers)
        image.root_digest = one.root_digest
        image.config_digest = one.config_digest
        image.platform = platform
        image.settings = self.settings
        return _merged(image)

    def _fill(self, layer: Layer, stored: StoredLayer) -> None:
        """Read a layer, or take over what was read of the same before."""
        known = self.read.get((stored.digest or stored.path, layer.diff_id))
        if known is not None:
            layer.take_over(known)
            return
        self.read[stored.digest or stored.path, layer.diff_id] = layer
        readable = not stored.media_type or (
            ".tar" in stored.media_type and "+encrypted" not in stored.media_type
        )
        known_before = readable and self._known(layer, stored)
        if known_before and self.store.is_remote:
            return  # it need not be fetched: what was read had this digest
        section = self._find(stored)
        if section is None:
            if not stored.urls:
                raise ImageError("is missing: copy or build the image again")
            layer.unread = "it is foreign: kept outside of the image"
            return
        with section if self.watch is None else WatchedSection(section, self.watch) as section:
            if section.size != stored.size:
                raise ImageError(
                    f"has {section.size} bytes where {stored.size} are stated: "
                    "copy or build the image again"
                )
            if not readable:
                encrypted = "+encrypted" in stored.media_type
                of_type = f"it is of the unknown type {shown(stored.media_type)}"
                layer.unread = "it is encrypted" if encrypted else of_type
            if known_before or not readable:
                verify(section.chunks(), layer.digest)
            else:
                read_layer(layer, section, self.budget, self.dispatch)
                self.cache.store(layer)

    def _known(self, layer: Layer, stored: StoredLayer) -> bool:
        """Whether the layer was read before. Its digest is set where the archive does not say it:
        what is stored uncompressed has the diff_id for a digest.
        """
        if layer.digest:
            return self.cache.load(layer, self.budget)
        section = self._find(stored)
        if section is None:
            return False
        with section:
            start = section.read(len(ZSTD))
        if start.startswith(GZIP) or start == ZSTD:
            return False
        layer.digest = layer.diff_id
        if self.cache.load(layer, self.budget):
            return True
        layer.digest = ""
        return False

    def _find(self, stored: StoredLayer) -> Section | None:
        if stored.path and isinstance(self.store, Archive):
            return self.store.find(stored.path)
        return find_blob(self.store, stored.digest)


def _merged(image: Image) -> Image:
    """The image, its layers put together: nobody after this meets one that cannot be."""
    try:
        image.final()
    except TooManyError as error:
        raise ImageError(str(error)) from None
    return image


def _matches(wanted: str, platform: str) -> bool:
    """Whether an image for `platform` is one for `wanted`: the variant may be left out."""
    return f"{platform}/".startswith(f"{wanted.removesuffix('/v8')}/")
