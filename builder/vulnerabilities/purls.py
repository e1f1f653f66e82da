"""Whether a package URL means a package (https://github.com/package-url/purl-spec)."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

#: Qualifiers that tell packages apart; the rest says where from.
_TELLING = ("arch", "distro", "epoch")
MAX_PURL = 2_000  #: characters
_PYPI = re.compile(r"[-_.]+")


class Purl(NamedTuple):
    """A package URL taken apart; "" for what it does not have."""

    type: str
    path: str  #: namespace and name
    version: str
    qualifiers: dict[str, str]


def parse(text: str) -> Purl | None:
    """The package URL, None where `text` is none."""
    if not text.startswith("pkg:") or len(text) > MAX_PURL:
        return None
    rest = text.removeprefix("pkg:").partition("#")[0]
    rest, _, query = rest.partition("?")
    kind, slash, path = rest.strip("/").partition("/")
    path, at, version = path.rpartition("@") if "@" in path[1:] else (path, "", "")
    if not slash or not path:
        return None
    name = "/".join(unquote(part) for part in path.split("/"))
    kind = kind.lower()
    if kind == "pypi":
        name = _PYPI.sub("-", name).lower()
    elif kind in ("composer", "nuget", "github", "deb", "apk", "rpm"):
        name = name.lower()
    pairs = (pair.partition("=") for pair in query.split("&") if "=" in pair)
    return Purl(
        kind,
        name,
        unquote(version) if at else "",
        {key.lower(): unquote(value) for key, _, value in pairs if value},
    )


def means(general: str, special: str) -> bool:
    """Whether `general` is the package `special` or names it without version or qualifiers."""
    wide, narrow = parse(general), parse(special)
    if wide is None or narrow is None:
        return False
    if (wide.type, wide.path) != (narrow.type, narrow.path):
        return False
    if wide.version and wide.version != narrow.version:
        return False
    return all(
        narrow.qualifiers.get(key) == wide.qualifiers[key]
        for key in _TELLING
        if key in wide.qualifiers
    )
