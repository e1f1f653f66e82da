"""Shells and package managers in an image that says it has none."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.image._programs import elf
from dockgate.rules.pattern import pattern
from dockgate.rules.rule import File, Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.listing import Seen, below, seen

_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "fish", "busybox", "toybox"})
_MANAGERS = frozenset(
    {"apt", "apt-get", "dpkg", "apk", "rpm", "yum", "dnf", "microdnf", "tdnf", "zypper", "pacman"}
)
_FOLDERS = ("bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "busybox")
#: Labels that say what an image is.
_LABELS = (
    "org.opencontainers.image.title",
    "org.opencontainers.image.description",
    "org.opencontainers.image.base.name",
    "org.opencontainers.image.ref.name",
)
_CLAIMS = ("distroless", "shell-less", "shellless", "no shell", "without a shell")
#: Of an image, not of the program in it: `a minimal web server` says nothing of a shell.
_MINIMAL_IMAGE = pattern(r"\bminimal\s(?:[\w-]+\s){0,2}(?:image|container)\b")
#: The minimal images of Red Hat and its kin have a shell and a package manager of their own.
_SMALL_SYSTEM = "usr/bin/microdnf"


def claim(image: Image) -> str:
    """By what the image says that it is minimal; "" when it does not."""
    if "debug" in image.name or "dev" in image.name.rpartition(":")[2]:
        return ""
    for name in _LABELS:
        value = image.config.labels.get(name, "").lower()
        if "debug" in value:
            continue
        minimal = _MINIMAL_IMAGE.search(value) and _SMALL_SYSTEM not in image.final()
        if minimal or value == "scratch" or any(word in value for word in _CLAIMS):
            return f"its label {name}"
    if "distroless" in image.name:
        return "its name"
    final = image.final()
    if final.is_folder("var/lib/dpkg/status.d") and "var/lib/dpkg/status" not in final:
        return "its package database, which only tools that build without a system write"
    return ""


def check(image: Image) -> Iterator[Finding]:
    """One finding for each shell and package manager, where the image says it is minimal."""
    by = claim(image)
    if not by:
        return
    for one in seen(image, below(*_FOLDERS)):
        what = _what(one)
        if what:
            yield Finding(
                f"{one.shown} is a {what}, in an image that says by {by} that it is minimal",
                layer=one.layer.digest,
                path=one.shown,
                help="copy the program alone into a final stage without it, or mend what it says",
            )


def _what(one: Seen) -> str:
    folder, _, name = one.path.rpartition("/")
    if folder not in _FOLDERS or one.entry.kind == "dir" or not one.entry.mode & 0o111:
        return ""
    return "shell" if name in _SHELLS else "package manager" if name in _MANAGERS else ""


_MINIMAL = {"Labels": {"org.opencontainers.image.title": "app-distroless"}}

RULE = Rule(
    "image-minimal-with-shell",
    Image,
    Severity.WARNING,
    why=(
        "An image without a shell and a package manager gives an intruder nothing to work with: "
        "most exploits end in /bin/sh. Its users rely on that when its name or its labels say "
        "distroless or minimal, and choose weaker settings elsewhere for it. A shell that came in "
        "with one careless COPY makes the promise false, and nobody notices, because everything "
        "still works. Images that promise nothing, and debug variants, are left in peace."
    ),
    check=check,
    references=(
        "https://github.com/GoogleContainerTools/distroless#readme",
        "CIS Docker 1.6 4.3",
        "NIST SP 800-190 4.1.2",
    ),
    aliases=("CIS-DI-0003",),
    examples=(
        bad_image({"bin/busybox": elf(), "app": elf()}, config=_MINIMAL, found=["bin/busybox"]),
        bad_image(
            {"var/lib/dpkg/status.d/base": "", "bin/sh": File(link="/busybox")}, found=["bin/sh"]
        ),
        good_image({"bin/sh": elf()}),
        bad_image(
            {"bin/sh": elf()},
            config={"Labels": {"org.opencontainers.image.description": "A minimal base image"}},
            found=["bin/sh"],
        ),
        good_image({"app": elf(), "usr/share/sh": elf()}, config=_MINIMAL),
        good_image(
            {"bin/sh": elf()},
            config={"Labels": {"org.opencontainers.image.description": "A minimal web server"}},
        ),
        good_image(
            {"bin/bash": elf(), "usr/bin/microdnf": elf()},
            config={"Labels": {"org.opencontainers.image.base.name": "ubi9/ubi-minimal:9.4"}},
        ),
    ),
)
