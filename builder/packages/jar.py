"""Java archives and those inside of them: the Maven coordinates that they state.

An archive made by Maven holds META-INF/maven/GROUP/ARTIFACT/pom.properties, a shaded one those of
all that it was made of. Others tell what they are in META-INF/MANIFEST.MF and by their file name.
https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html
"""

from __future__ import annotations

import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO

from dockgate.builder.packages.manifest import Row, licenses, word
from dockgate.rules.subjects.reading import KIB, MIB, ReadError

SUFFIXES = (".jar", ".war", ".ear", ".hpi", ".jpi", ".par", ".sar", ".nar", ".kar", ".lpkg", ".rar")

#: Archives in one another: application, web application, library, what it was made of.
MAX_DEPTH = 5
#: Archives in one file, whatever their depth.
MAX_ARCHIVES = 5_000
#: Bytes of an archive's table of contents: some 200,000 files.
MAX_CONTENTS = 16 * MIB
#: Bytes that come out of one file, as a multiple of it and at least.
MAX_RATIO = 100
FREE_UNPACKED = 64 * MIB
#: Coordinates of one archive.
MAX_COORDINATES = 5_000
#: Bytes of an inner archive that is kept in memory, not in a temporary file.
_IN_MEMORY = 8 * MIB
_PIECE = MIB
_MAX_PROPERTIES = 64 * KIB
_MAX_MANIFEST = MIB
_MAX_POM = 2 * MIB

_MAVEN = "META-INF/maven/"
_MANIFEST = "META-INF/MANIFEST.MF"
_FILE_NAME = re.compile(r"(?P<name>.+?)(?:-(?P<version>\d[\w.+~-]*))?\.\w+")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
#: What else in a pom has elements `version`, `name` or `groupId`.
_OTHERS = re.compile(
    r"<(dependencies|dependencyManagement|build|profiles|parent|reporting|developers|contributors"
    r"|organization|mailingLists|licenses)\b.*?</\1>",
    re.DOTALL,
)
_LICENSE = re.compile(r"<license>\s*<name>([^<]{1,200})</name>")
_PARENT = re.compile(r"<parent>(.*?)</parent>", re.DOTALL)
_VERSION = re.compile(r"<version>([^<]{1,200})</version>")

#: What reading a damaged archive raises.
_DAMAGED: tuple[type[Exception], ...] = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError,
    struct.error, ValueError, KeyError, OverflowError,
)  # fmt: skip
try:
    from lzma import LZMAError
except ImportError:  # Python can be built without it: zipfile then has NotImplementedError
    pass
else:
    _DAMAGED = (*_DAMAGED, LZMAError)


class Jar:
    """One file with all archives in it."""

    def __init__(self, size: int) -> None:
        self._left = max(FREE_UNPACKED, MAX_RATIO * size)
        self._archives = MAX_ARCHIVES

    def rows(self, file: IO[bytes], name: str, place: str = "", depth: int = 1) -> Iterator[Row]:
        """The coordinates in an archive that is called `name`; `place` is where it lies.

        Raises ReadError for what is made so that reading it never ends.
        """
        self._archives -= 1
        if self._archives < 0:
            raise ReadError(f"has more than {MAX_ARCHIVES:,} archives in it")
        if contents_size(file) > MAX_CONTENTS:
            raise ReadError(f"has a table of contents of more than {MAX_CONTENTS // MIB} MiB")
        try:
            archive = zipfile.ZipFile(file)
        except _DAMAGED:
            return
        with archive:
            yield from self._own(archive, name, place)
            for info in archive.infolist():
                if info.filename.lower().endswith(SUFFIXES) and not info.is_dir():
                    if depth >= MAX_DEPTH:
                        raise ReadError(f"has archives in one another, more than {MAX_DEPTH} deep")
                    inner = self._unpacked(archive, info)
                    if inner is not None:
                        with inner:
                            within = f"{place}!/{info.filename}"
                            yield from self.rows(inner, info.filename, within, depth + 1)

    def _own(self, archive: zipfile.ZipFile, name: str, place: str) -> Iterator[Row]:
        """What the archive itself states, without those in it."""
        poms: dict[str, dict[str, zipfile.ZipInfo]] = {}
        for info in archive.infolist():
            folder, _, last = info.filename.rpartition("/")
            if last in ("pom.properties", "pom.xml") and _MAVEN in f"{folder}/":
                poms.setdefault(folder, {})[last] = info
        if len(poms) > MAX_COORDINATES:
            raise ReadError(f"states more than {MAX_COORDINATES:,} Maven coordinates")
        manifest = manifest_of(self._text(archive, _info(archive, _MANIFEST), _MAX_MANIFEST))
        found = []
        for folder, files in poms.items():
            properties = self._text(archive, files.get("pom.properties"), _MAX_PROPERTIES)
            pom = self._text(archive, files.get("pom.xml"), _MAX_POM)
            row = _coordinates(folder, properties, pom, manifest)
            if row.name and row.version:
                found.append(row._replace(place=place))
        yield from found
        base = name.rpartition("/")[2]
        if not any(_plain(base).startswith(f"{_plain(row.name)}-") for row in found):
            row = _by_itself(base, manifest)
            if row.name and row.version:
                yield row._replace(place=place)

    def _text(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo | None, limit: int) -> str:
        """A small file; empty when it is missing, damaged or larger."""
        if info is None or info.file_size > limit:
            return ""
        try:
            with archive.open(info) as member:
                data = member.read(limit)
        except _DAMAGED:
            return ""
        self._take(len(data))
        return data.decode("utf-8", "replace")

    def _unpacked(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes] | None:
        inner = tempfile.SpooledTemporaryFile(_IN_MEMORY, prefix="dockgate-")  # noqa: SIM115
        try:
            with archive.open(info) as member:
                while piece := member.read(_PIECE):
                    self._take(len(piece))
                    inner.write(piece)
        except ReadError:
            inner.close()
            raise
        except _DAMAGED:
            inner.close()
            return None
        inner.seek(0)
        return inner

    def _take(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ReadError("holds archives that unpack to more than any that is real")


def contents_size(file: IO[bytes]) -> int:
    """Bytes of a zip's table of contents as its end states them; 0 where it has no such end."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557 - 76))
    tail = file.read()
    file.seek(0)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 16:
        return 0
    stated = int.from_bytes(tail[end + 12 : end + 16], "little")
    wide = tail.rfind(b"PK\x06\x06", 0, end)
    if wide >= 0 and len(tail) >= wide + 48:
        stated = max(stated, int.from_bytes(tail[wide + 40 : wide + 48], "little"))
    elif stated == 0xFFFF_FFFF:
        return 0
    return stated


def member(file: IO[bytes], name: str, limit: int) -> bytes:
    """The start of a file in any zip; empty when there is none, or the zip is damaged."""
    if contents_size(file) > MAX_CONTENTS:
        return b""
    try:
        with zipfile.ZipFile(file) as archive, archive.open(name) as opened:
            return opened.read(limit)
    except _DAMAGED:
        return b""


def _info(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo | None:
    try:
        return archive.getinfo(name)
    except KeyError:
        return None


def manifest_of(text: str) -> dict[str, str]:
    """The main section of a manifest; a line that begins with a space goes on with the last."""
    fields: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        if not line:
            break
        if line.startswith(" ") and last:
            fields[last] += line[1:]
            continue
        last, colon, value = line.partition(":")
        if colon:
            fields[last] = value.strip()
        else:
            last = ""
    return fields


def _coordinates(folder: str, properties: str, pom: str, manifest: Mapping[str, str]) -> Row:
    """Of pom.properties, else of the path and pom.xml."""
    fields = {}
    for line in properties.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            fields[key.strip()] = word(value)
    parts = folder.partition(_MAVEN)[2].split("/")
    group = fields.get("groupId") or (word(parts[0]) if len(parts) == 2 else "")
    artifact = fields.get("artifactId") or word(parts[-1])
    pom = _COMMENT.sub("", pom)
    version = fields.get("version", "")
    if not version or "${" in version:
        stated = _VERSION.search(_OTHERS.sub("", pom))
        parent = _PARENT.search(pom)
        if stated is None and parent is not None:
            stated = _VERSION.search(parent[1])
        version = word(stated[1]) if stated is not None else ""
    if not version or "${" in version:
        version = word(manifest.get("Implementation-Version"))
    return Row(artifact, version, group, licenses(_LICENSE.findall(pom)))


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _by_itself(base: str, manifest: Mapping[str, str]) -> Row:
    """Of the manifest and the file's name. What group it is of is often a guess: as old artifacts
    have it, the name itself.
    """
    named = _FILE_NAME.fullmatch(base)
    symbolic = manifest.get("Bundle-SymbolicName", "").partition(";")[0].strip()
    module = symbolic or manifest.get("Automatic-Module-Name", "")
    name = (named["name"] if named is not None else "") or module.rpartition(".")[2]
    version = (
        (named["version"] if named is not None else "")
        or manifest.get("Implementation-Version")
        or manifest.get("Bundle-Version")
        or manifest.get("Specification-Version")
    )
    parent, _, last = module.rpartition(".")
    if not _plain(name).endswith(_plain(last)):
        parent = module  # it is called like the group
    group = manifest.get("Implementation-Vendor-Id") or parent or name
    return Row(word(name), word(version), word(group), licenses([manifest.get("Bundle-License")]))
