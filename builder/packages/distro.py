"""Which distribution an image is made of: os-release, or what was there before it.

https://www.freedesktop.org/software/systemd/man/latest/os-release.html
"""

from __future__ import annotations

import re
import shlex

from dockgate.builder.packages.database import line
from dockgate.builder.packages.package import Distro
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import KIB, Content, Json, Want

NAME = "distro"

_OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
#: Files of one line that older releases have, the most telling first, and the IDs that their first
#: words stand for: `CentOS release 6.10 (Final)`.
_OLDER = ("etc/centos-release", "etc/oracle-release", "etc/redhat-release", "etc/system-release")
_FIRST_WORDS = (
    ("centos", "centos"), ("oracle", "ol"), ("red hat", "rhel"), ("fedora", "fedora"),
    ("amazon", "amzn"), ("rocky", "rocky"), ("almalinux", "almalinux"),
    ("scientific", "scientific"),
)  # fmt: skip
_ALPINE = "etc/alpine-release"
_DEBIAN = "etc/debian_version"
#: What an ID or a version may hold; it goes into purls and looks up advisories.
_FIELD = re.compile(r"[a-zA-Z0-9._~+-]{1,64}")
_MAX_LINES = 200


class DistroReader:
    """Each file's distribution, as the list of a `Distro`'s fields."""

    name = NAME
    version = "1"
    wants = (Want(paths=(*_OS_RELEASE, *_OLDER, _ALPINE, _DEBIAN), largest=64 * KIB, must=False),)

    def read(self, entry: Entry, content: Content) -> Json:
        """None for a file that tells no distribution."""
        text = content.data().decode("utf-8", "replace")
        first = text.strip().partition("\n")[0].strip()
        if entry.path in _OS_RELEASE:
            found = _os_release(text)
        elif entry.path == _ALPINE:
            found = Distro("alpine", first, f"Alpine Linux {first}")
        elif entry.path == _DEBIAN:
            found = _debian(first)
        else:
            found = _older(first)
        if not _FIELD.fullmatch(found.id):
            return None
        checked = found.version if _FIELD.fullmatch(found.version) else ""
        return [found.id, checked, line(found.name), list(found.like)]


def distro_of(image: Image) -> Distro:
    """The distribution, with empty fields when no file tells it."""
    values = image.found(NAME)
    for path in (*_OS_RELEASE, *_OLDER, _ALPINE, _DEBIAN):
        found = values.get(image.real(path)) or values.get(path)
        if found is not None:
            identity, version, name, like = found[1]
            return Distro(identity, version, name, tuple(like))
    return Distro()


def _os_release(text: str) -> Distro:
    fields = {}
    for row in text.splitlines()[:_MAX_LINES]:
        key, equals, value = row.strip().partition("=")
        if equals and not key.startswith("#"):
            fields[key] = _unquoted(value)
    identity = fields.get("ID", "").lower()
    if not identity and fields:
        identity = "linux"  # what the manual page says of a file without ID
    version = fields.get("VERSION_ID") or fields.get("VERSION_CODENAME") or ""
    like = tuple(
        word for word in fields.get("ID_LIKE", "").lower().split() if _FIELD.fullmatch(word)
    )
    return Distro(identity, version, fields.get("PRETTY_NAME") or fields.get("NAME", ""), like)


def _unquoted(value: str) -> str:
    """The value as a shell assigns it."""
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value.strip("\"' ")


def _debian(first: str) -> Distro:
    """`12.5`, of which the first number is the release; `trixie/sid` before there is one."""
    number = re.match(r"\d+", first)
    version = number[0] if number else first.partition("/")[0]
    return Distro("debian", version, f"Debian GNU/Linux {first}")


def _older(first: str) -> Distro:
    version = re.search(r"\d[\d.]*", first)
    for start, identity in _FIRST_WORDS:
        if first.lower().startswith(start):
            return Distro(identity, version[0] if version else "", first)
    return Distro()


def reader(_settings: Settings) -> DistroReader:
    """The reader; see readers.py."""
    return DistroReader()
