"""Which of two versions is older: each packaging system's own order.

The ecosystems are those of the OSV schema; what follows a `:` in one (`Debian:12`) is a release
and does not change the order.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module

MAX_VERSION = 256  #: characters; real ones have at most about 100

#: The module of each ecosystem, which has `compare(a, b) -> int` and raises ValueError.
_MODULES = {
    "AlmaLinux": "rpm",
    "Alpaquita": "apk",
    "Alpine": "apk",
    "Azure Linux": "rpm",
    "Amazon Linux": "rpm",
    "Chainguard": "apk",
    "Debian": "dpkg",
    "Echo": "dpkg",
    "Go": "golang",
    "Mageia": "rpm",
    "Maven": "maven",
    "MinimOS": "apk",
    "NuGet": "nuget",
    "Packagist": "composer",
    "Photon OS": "rpm",
    "PyPI": "pep440",
    "Red Hat": "rpm",
    "Rocky Linux": "rpm",
    "RubyGems": "gem",
    "SUSE": "rpm",
    "Ubuntu": "dpkg",
    "Wolfi": "apk",
    "crates.io": "semver",
    "npm": "semver",
    "openEuler": "rpm",
    "openSUSE": "rpm",
}

ECOSYSTEMS = tuple(_MODULES)


def compare(ecosystem: str, a: str, b: str) -> int:
    """-1, 0 or 1, as version `a` is older than, equal to or newer than `b`.

    Raises ValueError when one of them is no version of the ecosystem, and LookupError for an
    ecosystem whose order is not known.
    """
    return comparator(ecosystem)(a, b)


def system(ecosystem: str) -> str:
    """Whose order an ecosystem has (`dpkg`, `semver`); "" when it is not known."""
    return _MODULES.get(ecosystem.partition(":")[0], "")


@cache
def comparator(ecosystem: str) -> Callable[[str, str], int]:
    """As `compare`, of one ecosystem. Raises LookupError for an unknown one."""
    name = ecosystem.partition(":")[0]
    if name not in _MODULES:
        raise LookupError(f"the order of versions of {name!r} is not known")
    found: Callable[[str, str], int] = import_module(f"{__name__}.{_MODULES[name]}").compare

    def checked(a: str, b: str) -> int:
        for version in (a, b):
            if len(version) > MAX_VERSION:
                raise ValueError(f"a version of {len(version)} characters is none")
        return found(a, b)

    return checked


def ordered(a: object, b: object) -> int:
    """-1, 0 or 1 of two values that compare with each other."""
    return int(a > b) - int(a < b)  # type: ignore[operator]
