"""rpm: the packages equal `rpm -qa`'s on databases that rpm itself and Berkeley DB have made."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from dockgate.builder.packages.package import Package
from dockgate.builder.packages.rpm import RpmReader
from dockgate.builder.packages.rpmdb.header import row
from dockgate.builder.packages.rpmdb.sqlite import headers
from dockgate.rules.subjects.reading import ReadError
from tests.builder.images import LayerFiles, link

from .reading import ROCKY, files, packages_of, value_of
from .rpm_tool import RpmTool, rpm_tool

FORM = "\\t".join(
    f"%{{{tag}}}"
    for tag in ("NAME", "VERSION", "RELEASE", "EPOCHNUM", "ARCH", "SOURCERPM", "LICENSE", "VENDOR")
)
SYSTEM: dict[str, str | bytes] = {"etc/os-release": ROCKY, "bin/sh": ""}
#: Enough for several pages of slots and of a hash table, headers of all sizes among them.
SUBPACKAGES = 300
MAIN = """\
Name: sample
Version: 1.2.3~rc1
Release: 4.el9
Epoch: 3
Summary: for tests
License: MIT and (GPLv2+ or Artistic)
Vendor: Ünïted Packagers
BuildArch: noarch
ModularityLabel: sample:18:9030020240101:abcdef12
{provides}
%description
%files
"""
OTHER = """\
Name: other+lib
Version: 20240101
Release: 1
Summary: for tests
License: Zlib
%description
%files
"""


def spec() -> str:
    text = MAIN.format(provides="")
    for number in range(SUBPACKAGES):
        provides = "".join(f"Provides: p{number}_{i}\n" for i in range(number * number // 40))
        version = f"Version: {number}^git\n" if number % 3 == 0 else ""
        text += f"%package p{number}\nSummary: x\n{version}{provides}%description p{number}\nx\n"
        text += f"%files p{number}\n"
    return text


@pytest.fixture(scope="module")
def tool() -> RpmTool:
    return rpm_tool()


@pytest.fixture(scope="module")
def built(tool: RpmTool, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return tool.build(tmp_path_factory.mktemp("rpms") / "build", [spec(), OTHER])


@pytest.fixture(scope="module")
def database(tool: RpmTool, built: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in SQLite's form."""
    folder = tmp_path_factory.mktemp("sqlite") / "rpm"
    tool.install(folder, "sqlite", built)
    tool.erase(folder, "sqlite", "sample-p1", "sample-p299")
    return folder


def told(packages: Sequence[Package]) -> list[str]:
    """The packages in rpm's words."""
    rows = []
    for one in packages:
        epoch, _, version = one.version.rpartition(":")
        source = f"{one.source_name}-{one.source_version.rpartition(':')[2]}.src.rpm"
        licence = " ".join(one.licenses)
        version, _, release = version.rpartition("-")
        rows.append(
            (one.name, version, release, epoch or "0", one.arch, source, licence, one.supplier)
        )
    return sorted("\t".join(row) for row in rows)


def expected(tool: RpmTool, database: Path, backend: str) -> list[str]:
    return [line.replace("(none)", "") for line in tool.query(database, backend, FORM)]


def blobs(database: Path) -> list[bytes]:
    """The headers of a database in SQLite's form, which the first test holds to rpm."""
    path = database / "rpmdb.sqlite"
    with path.open("rb") as file:
        return list(headers(file, path.stat().st_size))


@pytest.mark.parametrize("folder", ["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"])
def test_sqlite_equals_rpm_qa(tool: RpmTool, database: Path, folder: str, tmp_path: Path) -> None:
    found = packages_of(tmp_path, {**SYSTEM, **files(database, folder)})
    rows = expected(tool, database, "sqlite")
    assert len(rows) == SUBPACKAGES + 1 - 2 + 1
    assert told(found.packages) == rows
    assert found.unread == []
    assert {one.path for one in found.packages} == {f"{folder}/rpmdb.sqlite"}
    assert {one.namespace for one in found.packages} == {"rocky"}
    modules = {one.name: one.module for one in found.packages}
    assert modules["sample"] == "sample:18:9030020240101:abcdef12"
    assert modules["other+lib"] == ""


def test_ndb_equals_rpm_qa(tool: RpmTool, built: list[Path], tmp_path: Path) -> None:
    database = tmp_path / "rpm"
    tool.install(database, "ndb", built)
    tool.erase(database, "ndb", "sample-p2", "sample-p298", "other+lib")
    tool.install(database, "ndb", [one for one in built if one.name.startswith("other")])
    layer = {**SYSTEM, **files(database, "usr/lib/sysimage/rpm")}
    found = packages_of(tmp_path / "image", layer)
    rows = expected(tool, database, "ndb")
    assert len(rows) == SUBPACKAGES + 2 - 2
    assert told(found.packages) == rows
    assert found.unread == []


@pytest.mark.parametrize(("page_size", "order"), [(512, 1234), (4096, 1234), (65536, 1234),
                                                  (4096, 4321)])  # fmt: skip
def test_berkeley_db_equals_rpm_qa(
    tool: RpmTool, database: Path, page_size: int, order: int, tmp_path: Path
) -> None:
    folder = tmp_path / "rpm"
    folder.mkdir()
    found_headers = blobs(database)
    # values of another length first: their pages are freed and used again
    tool.berkeley(folder / "Packages", found_headers[::-1], page_size, order)
    tool.berkeley(folder / "Packages", found_headers, page_size, order)
    found = packages_of(tmp_path / "image", {**SYSTEM, **files(folder, "var/lib/rpm")})
    # rpm reads a database of its own byte order only
    if order == 1234:
        assert told(found.packages) == expected(tool, folder, "bdb_ro")
    assert told(found.packages) == expected(tool, database, "sqlite")
    assert found.unread == []


def test_a_listing_in_place_of_a_database(tool: RpmTool, database: Path, tmp_path: Path) -> None:
    tags = ("NAME", "VERSION}-%{RELEASE", "INSTALLTIME", "BUILDTIME", "VENDOR", "EPOCH", "SIZE",
            "ARCH", "EPOCHNUM", "SOURCERPM")  # fmt: skip
    rows = tool.query(database, "sqlite", "\\t".join(f"%{{{tag}}}" for tag in tags))
    path = "var/lib/rpmmanifest/container-manifest-2"
    found = packages_of(tmp_path, {**SYSTEM, path: "\n".join(rows) + "\n"})
    complete = packages_of(tmp_path / "database", {**SYSTEM, **files(database, "var/lib/rpm")})
    assert [one[:6] for one in found.packages] == [one[:6] for one in complete.packages]
    assert found.unread == []
    with pytest.raises(ReadError, match="has not 10 fields"):
        value_of(RpmReader(), path, b"bash\t5.1-1\n")


def test_a_linked_database_is_the_same_one(tool: RpmTool, database: Path, tmp_path: Path) -> None:
    layer: LayerFiles = {
        **SYSTEM,
        **files(database, "usr/lib/sysimage/rpm"),
        "var/lib/rpm": link("../../usr/lib/sysimage/rpm"),
    }
    found = packages_of(tmp_path, layer)
    assert told(found.packages) == expected(tool, database, "sqlite")
    assert found.unread == []


def test_a_link_to_an_unknown_place_is_told(database: Path, tmp_path: Path) -> None:
    layer: LayerFiles = {**SYSTEM, **files(database, "opt/rpm"), "var/lib/rpm": link("/opt/rpm")}
    found = packages_of(tmp_path, layer)
    assert found.packages == []
    assert any("/var/lib/rpm/rpmdb.sqlite lies at /opt/rpm" in one for one in found.unread)


def test_a_log_that_is_not_in_the_database_yet_is_told(
    tool: RpmTool, built: list[Path], tmp_path: Path
) -> None:
    database = tmp_path / "rpm"
    tool.install(database, "sqlite", built[:1])
    writer = sqlite3.connect(database / "rpmdb.sqlite")
    writer.execute("DELETE FROM Packages")
    writer.commit()  # and is not closed: as if it had been killed
    layer = {**SYSTEM, **files(database, "var/lib/rpm")}
    writer.close()
    assert len(layer["var/lib/rpm/rpmdb.sqlite-wal"]) > 1000
    found = packages_of(tmp_path / "image", layer)
    assert any("rpmdb.sqlite-wal holds changes" in one for one in found.unread)


def header(tags: Sequence[tuple[int, int, bytes]]) -> bytes:
    """A header of tags: number, type, data."""
    index = data = b""
    for tag, kind, value in tags:
        index += struct.pack(">IIII", tag, kind, len(data), 1)
        data += value
    return struct.pack(">II", len(tags), len(data)) + index + data


KEY = [(1000, 6, b"gpg-pubkey\0"), (1001, 6, b"fd431d51\0"), (1002, 6, b"4ae0493b\0"),
       (1014, 6, b"pubkey\0")]  # fmt: skip


def test_a_key_is_a_package_as_rpm_lists_it() -> None:
    found = row(header(KEY))
    assert found[:5] == ("gpg-pubkey", "fd431d51-4ae0493b", "", "", "")


@pytest.mark.parametrize(
    ("blob", "said"),
    [
        (b"", "has no beginning"),
        (struct.pack(">II", 0, 0), "0 tags"),
        (struct.pack(">II", 1 << 31, 8) + bytes(8), "2147483648 tags"),
        (struct.pack(">II", 1, 1 << 31) + bytes(16), "2147483648 bytes"),
        (header(KEY)[:-1], "tags in"),
        (header([(1000, 6, b"a")]), "has no end"),
        (header([*KEY[1:], (1000, 6, b"\0")]), "a package's name is ''"),
        (header([*KEY, (1003, 4, b"\0\0")]), "epoch"),
        (header([*KEY, (1003, 6, b"1\0\0\0")]), "epoch"),
        (header([*KEY, (1000, 6, b"a b\0")]), "'a b'"),
    ],
)
def test_a_damaged_header_is_told(blob: bytes, said: str) -> None:
    with pytest.raises(ReadError) as caught:
        row(blob)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["rpmdb.sqlite", "Packages", "Packages.db"])
def test_what_is_no_database_is_told(name: str) -> None:
    with pytest.raises(ReadError, match="no database of a format that rpm has"):
        value_of(RpmReader(), f"var/lib/rpm/{name}", b"hello")


def test_a_table_that_is_a_view_is_not_run(tmp_path: Path) -> None:
    for number, statement in enumerate(
        (
            "CREATE VIEW Packages AS SELECT load_extension('x') AS blob",
            "CREATE VIEW Packages AS WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x FROM a) "
            "SELECT x AS blob FROM a",
            "CREATE TABLE Packages (n, blob AS (zeroblob(1000000000)))",
            "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, other BLOB)",
            "CREATE TABLE Other (blob BLOB)",
        )
    ):
        path = tmp_path / f"{number}.sqlite"
        with sqlite3.connect(path) as made:
            made.execute(statement)
            if statement.startswith("CREATE TABLE Packages (n"):
                made.execute("INSERT INTO Packages (n) VALUES (1)")
        made.close()
        with pytest.raises(ReadError):
            value_of(RpmReader(), "var/lib/rpm/rpmdb.sqlite", path.read_bytes())
