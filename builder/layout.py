"""OCI layout (folder or tar) or `docker save` archive -> Image. Every blob is verified.

Each layer is streamed once and never unpacked to disk. Fail closed: a blob that is missing, cut
short or of another digest than the one that names it ends the reading with an ImageError.
"""

from __future__ import annotations

from contextlib import closing

from dockgate.builder.bounds import Budget, ImageError, where
from dockgate.builder.config_secrets import find_in_config, find_in_provenance
from dockgate.builder.layers import read_layer
from dockgate.builder.manifest import parse_config
from dockgate.builder.store import Archive, Folder, find_blob, open_store
from dockgate.builder.unpack import Section, verify
from dockgate.builder.walk import Candidate, StoredLayer, Walk
from dockgate.rules.settings import DEFAULT_SETTINGS, Settings
from dockgate.rules.subjects.image import Image, ImageConfig, Layer, shown


def read_images(
    source: str,
    *,
    name: str | None = None,
    platform: str | None = None,
    settings: Settings = DEFAULT_SETTINGS,
) -> list[Image]:
    """Every image in an OCI layout folder, OCI tar or `docker save` tar, compressed or not.

    `name` is what the user calls it (default: `source`); where there are several, the name or the
    platform that the source gives is added. `platform` (`linux/amd64`) picks among them.

    Raises ImageError, one line, when anything of it is missing, damaged or past a bound, when
    there is no image, or none for the platform. A layer that cannot be looked into (encrypted,
    foreign) does not raise: `Layer.unread` says why.
    """
    with where(shown(name or source)), closing(open_store(source)) as store:
        return _Reader(store, name or source, settings).images(platform)


def open_image(
    source: str,
    *,
    name: str | None = None,
    platform: str | None = None,
    settings: Settings = DEFAULT_SETTINGS,
) -> Image:
    """The one image in `source`; ImageError as in `read_images`, and when there are several."""
    images = read_images(source, name=name, platform=platform, settings=settings)
    if len(images) > 1:
        held = ", ".join(image.name for image in images)
        raise ImageError(f"{shown(source)}: holds {len(images)} images: choose one of {held}")
    return images[0]


class _Reader:
    """One source, read once: a layer that several images share is read for the first."""

    def __init__(self, store: Folder | Archive, name: str, settings: Settings) -> None:
        self.store = store
        self.name = name
        self.settings = settings
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
            for statement in walk.provenance.get(image.digest, ()):
                find_in_provenance(image.config, statement, self.settings.secret_names)
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
        made_by = [step.created_by for step in config.history if not step.empty_layer]
        layers: list[Layer] = []
        for index, (stored, diff_id) in enumerate(zip(one.layers, diff_ids, strict=True)):
            layer = Layer(index, stored.digest, stored.size, stored.media_type)
            layer.diff_id = diff_id
            layer.created_by = made_by[index] if index < len(made_by) else ""
            with where(f"layer {shown(stored.digest or stored.path)}"):
                self._fill(layer, stored)
            layers.append(layer)
        find_in_config(config, self.settings.secret_names)
        image = Image(self.name, one.digest, config, layers)
        image.root_digest = one.root_digest
        image.config_digest = one.config_digest
        image.platform = platform
        image.settings = self.settings
        return image

    def _fill(self, layer: Layer, stored: StoredLayer) -> None:
        """Read a layer, or take over what was read of the same before."""
        known = self.read.get((stored.digest or stored.path, layer.diff_id))
        if known is not None:
            layer.take_over(known)
            return
        self.read[stored.digest or stored.path, layer.diff_id] = layer
        section = self._find(stored)
        if section is None:
            if not stored.urls:
                raise ImageError("is missing: copy or build the image again")
            layer.unread = "it is foreign: kept outside of the image"
            return
        with section:
            if section.size != stored.size:
                raise ImageError(
                    f"has {section.size} bytes where {stored.size} are stated: "
                    "copy or build the image again"
                )
            if "+encrypted" in stored.media_type:
                layer.unread = "it is encrypted"
            elif stored.media_type and ".tar" not in stored.media_type:
                layer.unread = f"it is of the unknown type {shown(stored.media_type)}"
            if layer.unread:
                verify(section.chunks(), stored.digest)
            else:
                read_layer(layer, section, self.budget)

    def _find(self, stored: StoredLayer) -> Section | None:
        if stored.path and isinstance(self.store, Archive):
            return self.store.find(stored.path)
        return find_blob(self.store, stored.digest)


def _matches(wanted: str, platform: str) -> bool:
    """Whether an image for `platform` is one for `wanted`: the variant may be left out."""
    return f"{platform}/".startswith(f"{wanted.removesuffix('/v8')}/")
