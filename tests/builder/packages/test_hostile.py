"""Databases that are damaged or made to harm: rows or one line, soon, and in little memory."""

from __future__ import annotations

import random
import struct
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.builder.packages.apk import ApkReader
from dockgate.builder.packages.distro import DistroReader
from dockgate.builder.packages.dpkg import DpkgReader
from dockgate.builder.packages.rpm import RpmReader
from dockgate.rules.subjects.reading import ReadError

from .reading import value_of
from .rpm_tool import RpmTool, rpm_tool
from .test_apk import INSTALLED
from .test_dpkg import ZLIB
from .test_rpm import KEY, MAIN, OTHER, header

MIB = 1 << 20
#: A reading may take this long and this much memory, whatever it is given.
SECONDS, MEMORY = 20.0, 300 * MIB
TEXTS = [
    (DpkgReader(), "var/lib/dpkg/status", (ZLIB + "\n").encode() * 3),
    (DpkgReader(), "var/lib/dpkg/status.d/zlib1g", ZLIB.encode()),
    (DpkgReader(), "var/lib/dpkg/updates/0001", ZLIB.encode()),
    (DpkgReader(), "usr/share/doc/a/copyright", b"License: GPL-2\n"),
    (ApkReader(), "lib/apk/db/installed", INSTALLED.encode()),
    (DistroReader(), "etc/os-release", b'ID=debian\nVERSION_ID="12"\n'),
]


def attempt(reader: Any, path: str, data: bytes) -> str:
    """Read it; what was said of it, one line, or nothing."""
    try:
        value_of(reader, path, data)
    except ReadError as error:
        said = str(error)
        assert said
        assert said.isprintable()
        assert len(said) < 300
        return said
    return ""


def mutated(data: bytes, seed: int) -> bytes:
    """Some bytes changed, moved, cut off or doubled."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed) or 1)
        kind = chance.randrange(6)
        if kind == 0:
            changed[at : at + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            changed[at : at + 4] = chance.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"))
        elif kind == 2:
            del changed[at:]
        elif kind == 3:
            del changed[at : at + chance.randrange(64)]
        elif kind == 4:
            changed[at:at] = changed[at : at + 64]
        else:
            other = chance.randrange(len(changed) or 1)
            changed[at : at + 16] = changed[other : other + 16]
    return bytes(changed)


@pytest.mark.parametrize(("reader", "path", "data"), TEXTS)
@given(seed=st.integers(0, 1 << 32), anything=st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_texts(reader: Any, path: str, data: bytes, seed: int, anything: bytes) -> None:
    attempt(reader, path, mutated(data, seed))
    attempt(reader, path, anything)


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A small database of each form."""
    tool: RpmTool = rpm_tool()
    folder = tmp_path_factory.mktemp("hostile")
    provides = "".join(f"Provides: p{number}\n" for number in range(600))
    built = tool.build(folder / "build", [MAIN.format(provides=provides), OTHER])
    found = {}
    for backend, name in (("sqlite", "rpmdb.sqlite"), ("ndb", "Packages.db")):
        tool.install(folder / backend, backend, built)
        found[name] = (folder / backend / name).read_bytes()
    blobs = [header([*KEY, (1014, 6, b"a" * number + b"\0")]) for number in range(1, 3000, 99)]
    tool.berkeley(folder / "Packages", blobs, 1024)
    found["Packages"] = (folder / "Packages").read_bytes()
    return found


@pytest.mark.parametrize("name", ["rpmdb.sqlite", "Packages.db", "Packages"])
def test_rpm_databases(databases: dict[str, bytes], name: str) -> None:
    data, reader = databases[name], RpmReader()
    path = f"var/lib/rpm/{name}"
    assert attempt(reader, path, data) == ""
    told = sum(bool(attempt(reader, path, mutated(data, seed))) for seed in range(1_500))
    assert told > 500
    for cut in range(1, len(data), len(data) // 60):
        assert attempt(reader, path, data[:cut])


def bounded(reader: Any, path: str, data: bytes) -> str:
    """Read it within the bounds."""
    tracemalloc.start()
    start = time.monotonic()
    try:
        said = attempt(reader, path, data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.monotonic() - start < SECONDS
    assert peak < MEMORY
    return said


def berkeley(pages: list[bytes], size: int = 512) -> bytes:
    """A hash table of these pages behind its first."""
    start = struct.pack("<8xIIIIBBBBII", 0, 0x061561, 9, size, 0, 8, 0, 0, 0, len(pages))
    return b"".join(page.ljust(size, b"\0") for page in (start.ljust(72, b"\0"), *pages))


def hash_page(number: int, items: list[bytes], size: int = 512) -> bytes:
    """A page of keys and values."""
    offsets, data, end = [], b"", size
    for item in items:
        end -= len(item)
        offsets.append(end)
        data = item + data
    head = struct.pack("<8xIIIHHBB", number, 0, 0, len(items), end, 1, 13)
    head += struct.pack(f"<{len(items)}H", *offsets)
    return head.ljust(size - len(data), b"\0") + data


def overflow(number: int, following: int, used: int) -> bytes:
    return struct.pack("<8xIIIHHBB", number, 0, following, 1, used, 0, 7)


def off_page(page: int, length: int) -> bytes:
    return struct.pack("<B3xII", 3, page, length)


ONE = b"\1" + struct.pack("<I", 1)


@pytest.mark.parametrize(
    "data",
    [
        # a chain that leads to its own page, with one byte on it, of a value of 64 MiB
        berkeley([hash_page(1, [ONE, off_page(2, 64 * MIB)]), overflow(2, 2, 1)]),
        berkeley([hash_page(1, [ONE, off_page(2, 4000)]), overflow(2, 3, 1), overflow(3, 2, 1)]),
        berkeley([hash_page(1, [ONE, off_page(1, 100)])]),
        berkeley([hash_page(1, [ONE, off_page(99, 100)])]),
        berkeley([hash_page(1, [ONE, off_page(2, 0xFFFFFFFF)]), overflow(2, 3, 400)]),
        berkeley([hash_page(1, [ONE, off_page(2, 10)]), overflow(2, 0, 0)]),
        berkeley([hash_page(1, [ONE, b"\2" + bytes(11)])]),
        berkeley([hash_page(1, [ONE])]),
        berkeley([hash_page(1, [b"\1", b"\1"])]),
        berkeley([struct.pack("<8xIIIHHBB", 1, 0, 0, 60000, 0, 1, 13)]),
        berkeley([hash_page(7, [ONE, b"\1x"])]),
        # every page names one and the same long value
        berkeley([
            *(hash_page(n, [ONE, off_page(101, 486 * 50)] * 20) for n in range(1, 101)),
            *(overflow(n, n + 1, 486) for n in range(101, 152)),
        ]),
    ],
)  # fmt: skip
def test_tables_of_berkeley_db_that_lead_astray(data: bytes) -> None:
    assert bounded(RpmReader(), "var/lib/rpm/Packages", data).startswith("is damaged")


@pytest.mark.parametrize(
    "slots",
    [
        [(1, 256, 0x0FFFFFFF)],
        [(1, 0xFFFFFFFF, 0xFFFFFFFF)],
        [(1, 1, 10)],
        [(1, 256, 0)],
        [(number, 256, 256) for number in range(1, 200)],
    ],
)
def test_slots_of_ndb_that_lead_astray(slots: list[tuple[int, int, int]]) -> None:
    data = struct.pack("<4sIII16x", b"RpmP", 0, 1, 1)
    for slot in slots:
        data += struct.pack("<4sIII", b"Slot", *slot)
    while len(data) < 4096:
        data += struct.pack("<4sIII", b"Slot", 0, 0, 0)
    data += bytes(4096)
    assert bounded(RpmReader(), "var/lib/rpm/Packages.db", data).startswith("is damaged")
    many = struct.pack("<4sIII16x", b"RpmP", 0, 1, 0xFFFFFFFF) + bytes(8192)
    assert bounded(RpmReader(), "var/lib/rpm/Packages.db", many).startswith("is damaged")


@pytest.mark.parametrize(
    ("reader", "path", "data"),
    [
        (DpkgReader(), "var/lib/dpkg/status", b"a:\n" * MIB),
        (DpkgReader(), "var/lib/dpkg/status", b"Package: " + b"a" * (32 * MIB) + b"\n"),
        (ApkReader(), "lib/apk/db/installed", b"a:\n" * MIB),
        (ApkReader(), "lib/apk/db/installed", b"P:a\nV:1\n\n" * 110_000),
        (DpkgReader(), "usr/share/doc/a/copyright", b"License: a\n" * 190_000),
    ],
)
def test_long_texts(reader: Any, path: str, data: bytes) -> None:
    said = bounded(reader, path, data)
    assert said or path.endswith("copyright")


def test_a_database_in_sqlite_whose_rows_share_their_pages(
    databases: dict[str, bytes], tmp_path: Path
) -> None:
    """Every row is made the first one's header: together they are larger than the file."""
    import sqlite3

    path = tmp_path / "made.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
        blob = header([*KEY, (1, 7, bytes(40_000))])
        made.execute("INSERT INTO Packages VALUES (1, ?)", (blob,))
        made.executemany("INSERT INTO Packages VALUES (?, ?)", [(n, blob) for n in range(2, 9)])
    made.close()
    data = path.read_bytes()
    assert attempt(RpmReader(), "var/lib/rpm/rpmdb.sqlite", data) == ""
    size = 4096
    last = data.find(b"gpg-pubkey")
    assert last > 0
    # an interior page of the table, or its leaf, of which all cells are made to be one
    for page in range(1, len(data) // size):
        start = page * size
        if data[start] == 13:
            count = struct.unpack_from(">H", data, start + 3)[0]
            first = data[start + 8 : start + 10]
            changed = bytearray(data)
            changed[start + 3 : start + 5] = struct.pack(">H", 1000)
            changed[start + 8 : start + 8 + 2000] = first * 1000
            assert count
            assert bounded(RpmReader(), "var/lib/rpm/rpmdb.sqlite", bytes(changed))
            return
    pytest.fail("no leaf of the table found")
