"""Images that are made to cost: each ends with one line, soon, and in little memory."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockgate.builder.bounds import ImageError
from dockgate.builder.layout import open_image, read_images
from dockgate.builder.tarstream import TarStream

from .images import LAYER, LayerFiles, Layout, config_json, error_of, layer_tar, link

MIB = 1 << 20


def layout_of(folder: Path, *layers: LayerFiles, compress: str = "gzip") -> Layout:
    layout = Layout(folder)
    layout.index(layout.image(layers, compress=compress))
    return layout


def bomb_gz(size: int) -> bytes:
    """gzip of a file of `size` zeros, made in no time: one deflate block again and again."""
    info = tarfile.TarInfo("zeros")
    info.size = size
    start = zlib.compressobj(9, wbits=31)
    head = start.compress(info.tobuf()) + start.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, wbits=-15)
    packer.compress(bytes(MIB))
    packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(bytes(8 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + piece * (size // (8 * MIB))


def test_gigabytes_of_zeros(tmp_path: Path) -> None:
    """In a process of its own, so that its memory can be measured."""
    layout = Layout(tmp_path)
    blob = layout.blob(bomb_gz(4_000 * MIB), LAYER + "+gzip")
    assert blob["size"] < 5 * MIB
    layout.index(layout.manifest([blob], config_json([b""], {})))
    code = (
        "import sys\n"
        "from dockgate.builder import bounds\n"
        "bounds.FREE_UNPACKED = 1 << 28\n"
        "from dockgate.builder.bounds import ImageError\n"
        "from dockgate.builder.layout import read_images\n"
        "try:\n    read_images(sys.argv[1])\n"
        "except ImageError as error:\n    print(error)\n"
        # not ru_maxrss: a process inherits that from the one that started it
        "status = open('/proc/self/status').read()\n"
        "print(int(status.partition('VmHWM:')[2].split()[0]) // 1024)"
    )
    before = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    line, memory = done.stdout.splitlines()
    assert "a decompression bomb?" in line
    assert int(memory) < 200
    assert time.monotonic() - before < 20


def test_what_unpacks_too_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockgate.builder.bounds.FREE_UNPACKED", MIB)
    layout = Layout(tmp_path / "l")
    tar = layer_tar({"zeros": bytes(8 * MIB)})
    layout.index(layout.manifest(layout.layers([tar]), config_json([tar], {})))
    assert "a decompression bomb?" in error_of(layout.folder)
    # stored as it is, there is nothing to unpack
    layout.index(layout.image([tar], compress="none"))
    read_images(str(layout.folder))
    # an archive of it, compressed as a whole
    assert "a decompression bomb?" in error_of(layout.pack(tmp_path / "l.tar.gz"))
    # many layers that are each small enough
    layout.index(layout.image([{f"zeros{i}": bytes(MIB // 2)} for i in range(4)]))
    assert "a decompression bomb?" in error_of(layout.folder)
    pytest.importorskip("backports.zstd")
    layout.index(layout.image([tar], compress="zstd"))
    assert "a decompression bomb?" in error_of(layout.folder)


def test_an_absolute_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockgate.builder.bounds.FREE_UNPACKED", MIB)
    monkeypatch.setattr("dockgate.builder.bounds.MAX_UNPACKED", 2 * MIB)
    layout = layout_of(tmp_path, {"noise": os.urandom(3 * MIB)}, compress="none")
    assert "unpacks to more than 2.1MB" in error_of(layout.folder)


def test_a_time_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockgate.builder.bounds.MAX_SECONDS", -1.0)
    assert "was not read within" in error_of(layout_of(tmp_path, {"a": "1"}).folder)


def test_a_gzip_bomb_behind_the_tar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockgate.builder.bounds.FREE_UNPACKED", MIB)
    tar = layer_tar({"a": "1"}) + bytes(4 * MIB)
    assert "a decompression bomb?" in error_of(layout_of(tmp_path, tar).folder)


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockgate.builder.bounds.MAX_ENTRIES", 100)
    files = {f"f{i}": "" for i in range(60)}
    layout = layout_of(tmp_path, files)
    read_images(str(layout.folder))
    layout.index(layout.image([files, {f"g{i}": "" for i in range(60)}]))
    assert "more than 100 files" in error_of(layout.folder)


def test_an_archive_of_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockgate.builder.store.MAX_ENTRIES", 10)
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for number in range(11):
            tar.addfile(tarfile.TarInfo(f"f{number}"))
    assert "more than 10 files" in error_of(tmp_path / "a.tar")


def test_too_long_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, said in (
        ("x" * MIB, "tar header"),
        ("x" * 5000, "5000 characters"),
        ("a/" * 300, "300 folders deep"),
    ):
        layout = layout_of(tmp_path, {name: "1"})
        assert said in error_of(layout.folder)
        layout.index(layout.image([layer_tar({name: "1"}, tarfile.GNU_FORMAT)]))
        assert said in error_of(layout.folder)
    layout = layout_of(tmp_path, {"l": link("y" * 5000)})
    assert "5000 characters" in error_of(layout.folder)
    monkeypatch.setattr("dockgate.builder.bounds.MAX_NAMES", 5000)
    layout.index(layout.image([{f"{i:0200}": "1" for i in range(30)}]))
    assert "file names of more than" in error_of(layout.folder)


def test_a_pax_header_of_a_gigabyte(tmp_path: Path) -> None:
    """tarfile would read it into memory."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    layout = layout_of(tmp_path, info.tobuf(tarfile.USTAR_FORMAT) + bytes(MIB))
    assert "tar header of 1073741824 bytes" in error_of(layout.folder)


def test_a_sparse_map_without_end(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x")
    info.size = 4 * MIB
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
    for body in (b"999999999\n" * (4 * MIB // 10), b"1\n" * MIB, b"9" * 4 * MIB):
        layout = layout_of(tmp_path, info.tobuf(tarfile.PAX_FORMAT) + body.ljust(4 * MIB, b"1"))
        try:
            open_image(str(layout.folder))
        except ImageError as error:
            assert "map is damaged" in str(error)  # noqa: PT017


def test_a_configuration_of_100_mb(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.index(layout.manifest([], b" " * 100 * MIB))
    assert "104.9MB: 4.2MB is the most" in error_of(tmp_path)
    (tmp_path / "index.json").write_bytes(b" " * 100 * MIB)
    assert "index.json: has 104.9MB" in error_of(tmp_path)


def test_many_large_configurations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockgate.builder.walk.MAX_DOCUMENTS", 50_000)
    layout = Layout(tmp_path)
    layout.index(
        *[
            layout.manifest([], config_json([], {"Labels": {"x": str(i) + "y" * 9_000}}))
            for i in range(6)
        ]
    )
    assert "of JSON is the most" in error_of(tmp_path)


def test_a_manifest_of_too_many_layers(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    tar = layer_tar({"a": "1"})
    layout.index(layout.manifest(layout.layers([tar]) * 1001, config_json([tar] * 1001, {})))
    assert "1001 layers: 1000 is the most" in error_of(tmp_path)


def test_one_layer_a_thousand_times(tmp_path: Path) -> None:
    """It is read once."""
    layout = Layout(tmp_path)
    tar = layer_tar({f"f{i}": str(i) for i in range(500)})
    layout.index(layout.manifest(layout.layers([tar]) * 1000, config_json([tar] * 1000, {})))
    image = open_image(str(tmp_path))
    assert len({id(layer.entries) for layer in image.layers}) == 1
    assert [layer.index for layer in image.layers] == list(range(1000))


def test_links_of_an_archive_that_go_round(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        data = json.dumps([{"Config": "a", "Layers": []}]).encode()
        info = tarfile.TarInfo("manifest.json")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
        for name, target in (("a", "b"), ("b", "a")):
            info = link(target)
            info.name = name
            tar.addfile(info)
    assert "a link that leads to no file" in error_of(tmp_path / "a.tar")


def test_merging_takes_linear_time(tmp_path: Path) -> None:
    """Removing folder after folder, and putting a link where a folder was, again and again."""
    files = {f"d{i}/f{j}": "" for i in range(2000) for j in range(5)}
    removed = {f"d{i}": None for i in range(2000)}
    chains = {f"t{i}": link(f"t{i + 1}") for i in range(5000) if i % 40}
    turns = chains | {f"t{i}/x": "" for i in range(5000)}
    image = open_image(str(layout_of(tmp_path, files, removed, turns).folder))
    before = time.process_time()
    image.final()
    assert time.process_time() - before < 3


class Bytes(io.BytesIO):
    def skip(self, size: int) -> int:
        before = self.tell()
        return min(self.seek(size, os.SEEK_CUR), len(self.getbuffer())) - before


GOOD = layer_tar(
    {"a/b": "x" * 700, "l": link("a"), "x" * 150: "y", "u": b"\xff"}, tarfile.PAX_FORMAT
) + layer_tar({"g" * 150: "z"}, tarfile.GNU_FORMAT)


@given(
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=8),
    st.integers(0, len(GOOD)),
    st.booleans(),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_bytes_crash_the_tar_reader(
    changes: list[tuple[int, int]], end: int, mend: bool
) -> None:
    data = bytearray(GOOD)
    for at, value in changes:
        data[at] = value
        block = at // 512 * 512
        if mend:  # a right checksum lets the change through to what reads the header
            data[block + 148 : block + 156] = b" " * 8
            total = sum(data[block : block + 512])
            data[block + 148 : block + 156] = f"{total:06o}\0 ".encode()
    tar = TarStream(Bytes(bytes(data[:end])))
    try:
        for member in tar:
            assert member.size >= 0 or member.kind != "file"
            while tar.read(1000):
                pass
    except ImageError:
        pass


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "manifests",
                    "digest",
                    "size",
                    "mediaType",
                    "platform",
                    "annotations",
                    "config",
                    "layers",
                    "rootfs",
                    "diff_ids",
                    "history",
                    "Env",
                    "Labels",
                    "os",
                    "created_by",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(json_values, st.sampled_from(["index", "manifest", "config"]))
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_json_crashes_the_reader(tmp_path: Path, value: object, place: str) -> None:
    layout = Layout(tmp_path)
    data = json.dumps(value).encode()
    if place == "index":
        (tmp_path / "index.json").write_bytes(data)
    elif place == "manifest":
        layout.index(layout.blob(data, "application/vnd.oci.image.manifest.v1+json"))
    else:
        layout.index(layout.manifest([], data))
    try:
        read_images(str(tmp_path))
    except ImageError as error:
        assert str(error).isprintable()  # noqa: PT017
