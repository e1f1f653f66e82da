"""Inventories of folders and layers, by all readers of packages and no other reader."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from dockgate.builder.dispatch import Dispatch
from dockgate.builder.layout import open_image
from dockgate.builder.packages import MODULES, distro
from dockgate.builder.packages.inventory import inventory
from dockgate.builder.packages.package import Package
from dockgate.builder.rootfs import read_rootfs
from dockgate.rules.settings import DEFAULT_SETTINGS
from dockgate.rules.subjects.image import Image
from tests.builder.images import LayerFiles, Layout

#: Name and version.
Pair = tuple[str, str]


def readers() -> list[Any]:
    return [
        distro.reader(DEFAULT_SETTINGS),
        *(import_module(module).reader(DEFAULT_SETTINGS) for module in MODULES),
    ]


def image_in(folder: Path) -> Image:
    """A folder as an image, whatever is in it."""
    return read_rootfs(str(folder), folder.name, Dispatch(readers()))


def in_folder(folder: Path) -> list[Package]:
    return inventory(image_in(folder)).packages


def image_of(folder: Path, *layers: LayerFiles, **further: Any) -> Image:
    """An image with these layers; `further` goes into its configuration."""
    layout = Layout(folder)
    layout.index(layout.image(layers, compress="none", **further))
    return open_image(str(folder), name="app:1", readers=readers())


def in_layers(folder: Path, *layers: LayerFiles) -> list[Package]:
    return inventory(image_of(folder, *layers)).packages


def full_name(package: Package) -> str:
    """With its scope, group or path, as its own tools write it."""
    separator = ":" if package.type == "maven" else "/"
    return f"{package.namespace}{separator}{package.name}" if package.namespace else package.name


def pairs(packages: list[Package], kind: str) -> set[Pair]:
    return {(full_name(one), one.version) for one in packages if one.type == kind}
