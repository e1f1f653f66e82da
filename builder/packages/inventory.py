"""All packages of an image, from every reader of packages."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from dockgate.builder.packages import MODULES
from dockgate.builder.packages.distro import distro_of
from dockgate.builder.packages.gaps import gaps
from dockgate.builder.packages.owners import owned
from dockgate.builder.packages.package import Distro, Package
from dockgate.rules.subjects.image import Image


class Inventory(NamedTuple):
    """What an image holds, deleted files left out; packages in a fixed order."""

    packages: list[Package]
    distro: Distro
    unread: list[str]  #: why more may be in it, one line each; empty when all was read


def inventory(image: Image) -> Inventory:
    """The packages that a container of this image would have."""
    found: set[Package] = set()
    for module in MODULES:
        found.update(import_module(module).packages(image))
    whole = sorted(owned(image, found), key=_order)
    return Inventory(whole, distro_of(image), gaps(image, found))


def _order(package: Package) -> tuple[str, ...]:
    return (package.type, package.namespace, package.name, package.version, package.arch,
            package.path, package.layer, repr(package))  # fmt: skip
