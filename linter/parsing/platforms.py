"""Platforms such as `linux/arm64/v8`, as containerd's `platforms` package reads them."""

from __future__ import annotations

import os

from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple

_COMPONENT = pattern(r"[A-Za-z0-9_.-]+")
#: Other names of architectures (containerd's normalizeArch), with the variant they imply.
_ARCHITECTURES = {
    "i386": ("386", ""),
    "i686": ("386", ""),
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
    "armv7l": ("arm", "v7"),
    "armv6l": ("arm", "v6"),
}
#: Variants that are not written.
_IMPLIED = frozenset({("arm64", "8"), ("arm64", "v8"), ("arm64", "v8.0"), ("amd64", "v1")})
_SYSTEMS = {"macos": "darwin"}
_KNOWN_SYSTEMS = frozenset({"linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "wasip1"})


class Platform(NamedTuple):
    """Operating system, architecture and variant."""

    os: str
    architecture: str
    variant: str = ""

    @property
    def name(self) -> str:
        """`os/architecture[/variant]`."""
        return "/".join(part for part in self if part)


def parse(text: str) -> Platform:
    """The platform called `text`; ValueError in BuildKit's words when it is none."""
    parts = text.split("/")
    for part in parts:
        if not _COMPONENT.fullmatch(part):
            raise ValueError(
                f'"{part}" is an invalid component of "{text}": platform specifier component '
                f'must match "^{_COMPONENT.pattern}$": invalid argument'
            )
    if len(parts) > 3:
        raise ValueError(f'"{text}": cannot parse platform specifier')
    if len(parts) == 1:
        word = _SYSTEMS.get(parts[0].lower(), parts[0].lower())
        if word in _KNOWN_SYSTEMS:
            return Platform(word, *host()[1:])
        return Platform(host().os, *_architecture(word, ""))
    system = parts[0].lower()
    variant = parts[2].lower() if len(parts) == 3 else ""
    return Platform(_SYSTEMS.get(system, system), *_architecture(parts[1].lower(), variant))


def host() -> Platform:
    """The platform that a build on this machine is for; containers are Linux on a Mac, too."""
    if hasattr(os, "uname"):
        return Platform("linux", *_architecture(os.uname().machine.lower(), ""))
    machine = os.environ.get("PROCESSOR_ARCHITECTURE", "amd64")
    return Platform("linux", *_architecture(machine.lower(), ""))


def _architecture(name: str, variant: str) -> tuple[str, str]:
    name, implied = _ARCHITECTURES.get(name, (name, ""))
    variant = variant or implied
    if name == "arm":
        variant = {"": "v7", "5": "v5", "6": "v6", "7": "v7", "8": "v8"}.get(variant, variant)
    return name, "" if (name, variant) in _IMPLIED else variant


def workdir(current: str, requested: str, system: str) -> str:
    """WORKDIR's result: an absolute path is kept, a relative one joined to `current`.

    On Windows the drive letter goes and backslashes separate. ValueError says what is wrong.
    """
    if system != "windows":
        if requested.startswith("/"):
            return requested
        return _clean("/" + current + "/" + requested) if requested else current or "/"
    path = _without_drive(requested.replace("\\", "/"))
    if not path.startswith("/"):
        path = _clean(_without_drive(current.replace("\\", "/")) + "/" + path)
    return path.replace("/", "\\")


def _without_drive(path: str) -> str:
    if len(path) == 2 and path[1] == ":":
        raise ValueError(f'no relative path specified in "{path}"')
    if path.startswith("//"):
        raise ValueError("UNC paths are not supported")
    drive, colon, rest = path.partition(":")
    if not colon:
        return _clean(path) if path.startswith("/") else path
    if drive.lower() != "c":
        raise ValueError("the specified path is not on the system drive (C:)")
    return _clean("/" + rest)


def _clean(path: str) -> str:
    """Go's path.Clean of an absolute path."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del kept[-1:]
        elif part and part != ".":
            kept.append(part)
    return "/" + "/".join(kept)
