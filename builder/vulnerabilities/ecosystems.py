"""Under which ecosystem, name and version OSV knows a package of an image."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

from dockgate.builder.packages.package import Distro, Package
from dockgate.builder.versions import system


class Key(NamedTuple):
    """A package as OSV calls it."""

    ecosystem: str  #: with its release: `Debian:12`
    name: str
    version: str


#: Types of packages that are known by one ecosystem, whatever the distribution.
_LANGUAGES = {
    "cargo": "crates.io", "composer": "Packagist", "gem": "RubyGems", "golang": "Go",
    "maven": "Maven", "npm": "npm", "nuget": "NuGet", "pypi": "PyPI",
}  # fmt: skip
_DISTRIBUTIONS = {"apk": "apk", "deb": "dpkg", "rpm": "rpm"}  # type -> order of its versions
#: How the packages that a distribution has built itself state their maintainer or vendor.
_MAKERS = {
    "almalinux": r"almalinux",
    "azurelinux": r"microsoft",
    "debian": r".*[@.]debian\.(org|net)>?$",
    "mageia": r"mageia",
    "openeuler": r".*openeuler",
    "photon": r"vmware|broadcom",
    "rhel": r"red hat",
    "rocky": r"rocky",
    "suse": r"(open)?suse",
    "ubuntu": r".*[@.](ubuntu\.com|canonical\.com|debian\.(org|net))>?$",
}


def covered(package: Package, distro: Distro) -> list[str]:
    """The patterns of ecosystems that may know the package; empty when OSV has none for it."""
    if package.type in _LANGUAGES:
        return [_LANGUAGES[package.type]]
    order = _DISTRIBUTIONS.get(package.type)
    return [one for one in releases(distro) if system(one) == order]


def is_of_distribution(package: Package) -> bool:
    """Whether packages of this type are those of distributions, not of a language."""
    return package.type in _DISTRIBUTIONS


def is_built_by(package: Package, distro: Distro) -> bool:
    """Whether the distribution stands for the package: built by it, not by somebody else for it.

    In doubt it does not: what is in a package of NodeSource's, no advisory of Debian's knows.
    """
    if package.type not in _DISTRIBUTIONS or not covered(package, distro):
        return False
    known = "suse" if _is_suse(distro) else distro.id
    # Alpine and its like sign their repositories, and others' are rare.
    return package.type == "apk" or bool(
        known in _MAKERS and re.match(_MAKERS[known], package.supplier.strip().lower())
    )


def releases(distro: Distro) -> list[str]:
    """The ecosystems of a distribution's release, as patterns with `*`."""
    version = distro.version
    major = version.partition(".")[0]
    branch = ".".join(version.split(".")[:2])
    known = {
        "debian": [f"Debian:{major}"],
        "ubuntu": [f"Ubuntu:{version}", f"Ubuntu:{version}:LTS"],
        "alpine": ["Alpine:edge" if "_alpha" in version else f"Alpine:v{branch}"],
        "wolfi": ["Wolfi"],
        "chainguard": ["Chainguard"],
        "minimos": ["MinimOS"],
        "rocky": ["Rocky Linux", f"Rocky Linux:{major}", f"Rocky Linux:{version}"],
        "almalinux": ["AlmaLinux", f"AlmaLinux:{major}", f"AlmaLinux:{version}"],
        # The streams that a machine gets without a further contract; any repository of them.
        "rhel": [f"Red Hat:enterprise_linux:{major}", f"Red Hat:enterprise_linux:{major}[:.]*"],
        "mageia": [f"Mageia:{version}"],
        "photon": [f"Photon OS:{version}"],
        "azurelinux": [f"Azure Linux:{major}"],
        "openeuler": [f"openEuler:{version}*"],
        "alpaquita": [f"Alpaquita:{version}"],
    }  # fmt: skip
    if distro.id in known:
        return list(dict.fromkeys(known[distro.id])) if version or distro.id in _ROLLING else []
    return _suse(distro) if _is_suse(distro) else []


def _is_suse(distro: Distro) -> bool:
    return distro.id.startswith(("sle", "opensuse", "suse"))


_ROLLING = ("wolfi", "chainguard", "minimos")


def _suse(distro: Distro) -> list[str]:
    """OSV names SUSE's products as os-release does, and the modules that they are made of."""
    if distro.id.startswith("opensuse"):
        name = distro.name.removeprefix("openSUSE ")
        return [f"openSUSE:{name}", f"openSUSE:{distro.name}"]
    major, _, minor = distro.version.partition(".")
    pack = f"{major} SP{minor}" if minor and minor != "0" else major
    return [f"SUSE:Linux Enterprise Server {pack}*", f"SUSE:Linux Enterprise Module for *{pack}"]


def resolved(patterns: Iterable[str], present: Iterable[str]) -> list[str]:
    """Those of the ecosystems that the data holds which the patterns mean."""
    wanted = list(patterns)
    exact = {pattern for pattern in wanted if "*" not in pattern}
    globs = [pattern for pattern in wanted if "*" in pattern]
    return sorted(
        name for name in present if name in exact or any(fnmatchcase(name, one) for one in globs)
    )


def keys(package: Package, ecosystems: Iterable[str]) -> list[Key]:
    """As what the package is to be looked up in these ecosystems.

    A distribution's advisories name source packages, those of RPM distributions binary ones too.
    """
    own = normalized(_LANGUAGES.get(package.type, ""), full_name(package)), package.version
    source = package.source_name, package.source_version or package.version
    if package.type not in _DISTRIBUTIONS or not package.source_name:
        wanted = [own]
    elif package.type == "deb":
        wanted = [source]
    else:
        wanted = list(dict.fromkeys([source, own]))
    return [Key(one, name, version) for one in ecosystems for name, version in wanted]


def full_name(package: Package) -> str:
    """The name as its own tools write it: `org.slf4j:slf4j-api`, `@babel/core`."""
    if package.type in _DISTRIBUTIONS or not package.namespace:
        return package.name
    return f"{package.namespace}{':' if package.type == 'maven' else '/'}{package.name}"


def normalized(ecosystem: str, name: str) -> str:
    """A name in the one form in which its ecosystem's spellings are the same."""
    base = ecosystem.partition(":")[0]
    if base == "PyPI":
        return re.sub(r"[-_.]+", "-", name).lower()
    return name.lower() if base in ("NuGet", "Packagist") else name
