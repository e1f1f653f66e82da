"""Which packages of languages are parts of a distribution's packages.

Debian's python3-yaml is PyYAML with Debian's fixes: both are told, but the advisories of PyPI do
not fit. dpkg lists the files of its packages in info/*.list, apk in its database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockgate.builder.packages import apk, dpkg, jar, npm, rpm
from dockgate.builder.packages.package import Package
from dockgate.builder.packages.rpmdb import header
from dockgate.builder.packages.rpmdb.files import files
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import MIB, Content, Json, ReadError, Want

NAME = "owners"

_LISTS = f"{dpkg.FOLDER}/info"
_LIST = ".list"
#: Bytes of the list of one package's files: a kernel's has 1 MiB.
_MAX_LIST = 32 * MIB
#: Types of packages that are found in files of their own or of others.
_LANGUAGES = frozenset(
    {"cargo", "composer", "conda", "gem", "golang", "maven", "npm", "nuget", "pypi"}
)  # fmt: skip
#: What the file of a language's package ends with, and the folders of programs.
_ENDS = (
    ".dist-info/METADATA", ".egg-info", ".egg-info/PKG-INFO", ".gemspec", ".deps.json",
    "/composer/installed.json", f"/{npm.MANIFEST}", *jar.SUFFIXES,
)  # fmt: skip
_PROGRAMS = ("/bin/", "/sbin/", "/libexec/")


class OwnersReader:
    """The files that may state a language's package, by the distribution's package: of dpkg's
    lists a list, of databases a dict.
    """

    name = NAME
    version = "1"
    wants = (
        Want(
            suffixes=(_LIST,),
            where=lambda path: path.rpartition("/")[0] == _LISTS,
            largest=_MAX_LIST,
            must=False,
        ),
        Want(paths=apk.PATHS, largest=apk.MAX_DATABASE, must=False),
        Want(paths=rpm.PATHS, smallest=1, largest=rpm.MAX_DATABASE, must=False),
    )

    def read(self, entry: Entry, content: Content) -> Json:
        """None when there is none among them."""
        if entry.path in rpm.PATHS:
            return _of_rpm(content) or None
        lines = content.data().decode("utf-8", "replace").split("\n")
        if not entry.path.endswith(_LIST):
            return _of_apk(lines) or None
        return [path for line in lines if _may_state(path := line.lstrip("/"))] or None


def _may_state(path: str) -> bool:
    return path.endswith(_ENDS) or any(folder in f"/{path}" for folder in _PROGRAMS)


def _of_apk(lines: Iterable[str]) -> dict[str, list[str]]:
    """`P:` a package, `F:` one of its folders, `R:` a file in that."""
    found: dict[str, list[str]] = {}
    package = folder = ""
    for line in lines:
        kind, value = line[:2], line[2:]
        if kind == "P:":
            package, folder = value, ""
        elif kind == "F:":
            folder = value
        elif kind == "R:":
            path = f"{folder}/{value}" if folder else value
            if _may_state(path):
                found.setdefault(package, []).append(path)
    return found


def _of_rpm(content: Content) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    try:
        for blob in rpm.headers(content):
            paths = [path for one in files(blob) if _may_state(path := one.lstrip("/"))]
            if paths:
                found.setdefault(header.row(blob).name, []).extend(paths)
    except ReadError:  # the reader of the packages tells it
        return {}
    return found


def owned(image: Image, packages: Iterable[Package]) -> Iterator[Package]:
    """The packages, those of languages with their `owner`."""
    owners = {}
    for path, owner in _files(image):
        owners[image.real(path)] = owner
    for package in packages:
        file = package.path.partition("!/")[0]
        if package.type in _LANGUAGES and file in owners:
            package = package._replace(owner=owners[file])
        yield package


def _files(image: Image) -> Iterator[tuple[str, str]]:
    for path, (_, value) in image.found(NAME).items():
        if isinstance(value, dict):
            for package, files in value.items():
                yield from ((file, package) for file in files)
        else:
            name = path.rpartition("/")[2].removesuffix(_LIST).partition(":")[0]
            yield from ((file, name) for file in value)


def packages(image: Image) -> Iterable[Package]:  # noqa: ARG001
    """None: it tells of others'."""
    return ()


def reader(_settings: Settings) -> OwnersReader:
    """The reader; see readers.py."""
    return OwnersReader()
