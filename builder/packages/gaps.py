"""Why an image may hold more packages than were found: an inventory must not look whole then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockgate.builder.packages import apk, dpkg, rpm
from dockgate.builder.packages.distro import distro_of
from dockgate.builder.packages.package import Distro, Package
from dockgate.rules.subjects.image import Image, shown

#: The type of packages of distributions, by the ID of os-release or an ID that it is like.
_TYPES = {
    **dict.fromkeys(("debian", "ubuntu"), "deb"),
    **dict.fromkeys(("alpine", "chainguard", "postmarketos", "wolfi"), "apk"),
    **dict.fromkeys(
        (
            "almalinux", "alma", "amzn", "azurelinux", "centos", "fedora", "mariner", "ol",
            "openeuler", "opensuse", "opensuse-leap", "opensuse-tumbleweed", "photon", "rhel",
            "rocky", "scientific", "sled", "sles", "suse",
        ),
        "rpm",
    ),
}  # fmt: skip
_DATABASES = {"deb": dpkg.STATUS, "apk": apk.PATHS[0], "rpm": rpm.PATHS[0]}

#: Shells, package managers, loaders: a system is there, not an os-release beside one program.
_SYSTEM = (
    "bin/sh", "bin/bash", "bin/busybox", "usr/bin/dpkg", "usr/bin/apt-get", "sbin/apk",
    "usr/bin/rpm", "usr/bin/dnf", "usr/bin/microdnf", "usr/bin/yum", "usr/bin/zypper",
    "usr/bin/tdnf", "lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1",
    "lib/ld-musl-x86_64.so.1", "lib/ld-musl-aarch64.so.1",
)  # fmt: skip

#: Databases of package managers that no reader knows.
_UNKNOWN = {
    "var/lib/pacman/local": "pacman",
    "var/db/pkg": "Portage",
    "var/lib/chisel/manifest.wall": "chisel",
    "var/lib/opkg/status": "opkg",
    "usr/lib/opkg/status": "opkg",
    "var/db/xbps": "XBPS",
    "nix/store": "Nix",
    "gnu/store": "Guix",
    "var/lib/eopkg": "eopkg",
    "var/log/packages": "Slackware's pkgtool",
    "var/lib/swupd": "swupd",
    "usr/share/clear/bundles": "swupd",
}


def gaps(image: Image, packages: Iterable[Package]) -> list[str]:
    """One line for each reason."""
    found = [
        f"layer {layer.digest[:19] or layer.index + 1} could not be read whole: {layer.unread}"
        for layer in image.layers
        if layer.unread
    ]
    types = {package.type for package in packages}
    found += _missing(image, distro_of(image), types)
    found += _elsewhere(image)
    found += _unknown(image)
    found += rpm.gaps(image)
    return found


def _missing(image: Image, distro: Distro, types: set[str]) -> Iterator[str]:
    """A distribution without the packages that it is made of."""
    kinds = [_TYPES[one] for one in (distro.id, *distro.like) if one in _TYPES]
    if not kinds or kinds[0] in types:
        return
    final = image.final()
    if any(image.real(path) in final for path in _SYSTEM):
        yield (
            f"{shown(distro.name or distro.id)} without packages: /{_DATABASES[kinds[0]]} or its "
            "like is missing or empty, so nothing is known of what is installed"
        )


def _elsewhere(image: Image) -> Iterator[str]:
    """A database whose path leads through a link to where no reader looks."""
    final = image.final()
    known = {*_DATABASES.values(), *apk.PATHS, *rpm.PATHS}
    for path in sorted(known):
        real = image.real(path)
        if real != path and real in final and real not in known:
            yield f"the package database /{path} lies at /{shown(real)}, where it is not read"


def _unknown(image: Image) -> Iterator[str]:
    final = image.final()
    names = {name for path, name in _UNKNOWN.items() if path in final or final.is_folder(path)}
    for name in sorted(names):
        yield f"packages of {name} are there: dockgate does not read them"
