"""Packages that a lock file names and nothing beside it has installed.

What an image holds are the installed packages; a lock without them belongs to a bundle (webpack,
esbuild), or to sources that are only lying there. Its packages are `declared`: a hint.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from dockgate.builder.packages import composer, npm
from dockgate.builder.packages.manifest import (
    MAX_LIST,
    Row,
    json_of,
    kept,
    licenses,
    package,
    stated,
    table,
    word,
)
from dockgate.builder.packages.package import Package
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import Content, Json, Want

NAME = "locks"

_NPM = ("package-lock.json", "npm-shrinkwrap.json")
_YARN, _PNPM, _COMPOSER = "yarn.lock", "pnpm-lock.yaml", "composer.lock"
#: Trees of packages, in which locks are those of the packages' own development.
_TREES = frozenset({npm.MODULES, "vendor"})

#: A key of pnpm's: `/@scope/name@1.0.0(peer@2):`, and before version 6 `/name/1.0.0_peer@2:`.
_PNPM_KEY = re.compile(
    r"""  ['"]?/?(?P<name>(?:@[^/@'"\s]+/)?[^/@'"\s]+)[@/]"""
    r"""(?P<version>\d[^'"(_:\s]*)[^'"\s]*['"]?:\s*"""
)
_YARN_KEY = re.compile(r"""["']?(?P<name>(?:@[^/@"'\s]+/)?[^@"'\s]+)@(?P<range>[^"',]*)""")
_YARN_VERSION = re.compile(r"""  version:? ["']?([^"'\s]+)""")


def _is_own(path: str) -> bool:
    return not _TREES.intersection(path.split("/"))


class LockReader:
    """Rows of packages; the type of package is the row's place."""

    name = NAME
    version = "1"
    wants = (
        Want(names=(*_NPM, _YARN, _PNPM, _COMPOSER), where=_is_own, largest=MAX_LIST, must=False),
    )

    def read(self, entry: Entry, content: Content) -> Json:
        """None for a lock that names nothing."""
        name = entry.path.rpartition("/")[2]
        if name == _COMPOSER:
            found = table(json_of(content)).get("packages")
            return kept(row._replace(place="composer") for row in composer.rows(found))
        if name in _NPM:
            rows = _npm(table(json_of(content)))
        else:
            lines = content.data().decode("utf-8", "replace").splitlines()
            rows = _yarn(lines) if name == _YARN else _pnpm(lines)
        return kept(row._replace(place="npm") for row in rows)


def packages(image: Image) -> Iterable[Package]:
    """Those of locks that have no tree of packages beside them."""
    trees = {
        path[: at.start()]
        for path in image.found(npm.NAME)
        for at in re.finditer(rf"(?<![^/]){npm.MODULES}/", path)
    }
    vendors = {path.removesuffix("vendor/composer/installed.json")
               for path in image.found(composer.NAME)}  # fmt: skip
    for row, layer, path in stated(image, NAME):
        folder = path[: path.rfind("/") + 1]
        if folder not in (vendors if row.place == "composer" else trees):
            yield package(row.place, row, layer, path)._replace(declared=True)


def _row(name: str, version: object, stated_licenses: Iterable[object] = ()) -> Row:
    scope, short = npm.split(word(name))
    text = word(version)
    return Row(short if text else "", text, scope, licenses(stated_licenses))


def _npm(document: dict[str, Any]) -> Iterator[Row]:
    """Of versions 2 and 3 `packages`, of version 1 `dependencies`; none that is for development."""
    listed = document.get("packages")
    if isinstance(listed, dict):
        for path, given in listed.items():
            fields = table(given)
            name = path.rpartition(f"{npm.MODULES}/")[2]
            if name != path and not fields.get("dev") and not fields.get("link"):
                named = fields.get("name") if isinstance(fields.get("name"), str) else name
                yield _row(str(named), fields.get("version"), [fields.get("license")])
        return
    waiting = [table(document.get("dependencies"))]
    while waiting:
        for name, given in waiting.pop().items():
            fields = table(given)
            if fields.get("dev"):
                continue
            version = fields.get("version")
            if isinstance(version, str) and version.startswith("npm:"):  # under another name
                name, _, version = version.removeprefix("npm:").rpartition("@")
            if isinstance(version, str) and version[:1].isdigit():
                yield _row(name, version)
            waiting.append(table(fields.get("dependencies")))


def _yarn(lines: Iterable[str]) -> Iterator[Row]:
    """Both forms: that of version 1, and the YAML since version 2."""
    name = ""
    for line in lines:
        if line[:1] not in ("", " ", "#"):
            key = _YARN_KEY.match(line)
            name = key["name"] if key is not None else ""
            if key is not None and key["range"].startswith("npm:"):
                alias = _YARN_KEY.match(key["range"].removeprefix("npm:"))
                name = alias["name"] if alias is not None else name
            elif key is not None and key["range"].startswith(("workspace:", "link:", "portal:")):
                name = ""
        elif name:
            version = _YARN_VERSION.match(line)
            if version is not None:
                yield _row(name, version[1])
                name = ""


def _pnpm(lines: Iterable[str]) -> Iterator[Row]:
    """The keys of `packages`; those that are for development say so up to version 6."""
    found: list[Row] = []
    inside = False
    for line in lines:
        if line[:1] not in ("", " ", "#"):
            inside = line.startswith("packages:")
        elif inside and line.startswith("    dev: true") and found:
            found.pop()
        elif inside and (key := _PNPM_KEY.fullmatch(line)) is not None:
            found.append(_row(key["name"], key["version"]))
    return iter(found)


def reader(_settings: Settings) -> LockReader:
    """The reader; see readers.py."""
    return LockReader()
