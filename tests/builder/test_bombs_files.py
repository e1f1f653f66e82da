"""Layers whose files are made to cost: too many, too deep, too linked, or of nothing but holes."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.layout import open_image
from dockgate.builder.scan import check_images

from .images import LayerFiles, Layout, error_of, link, write_layout


def layout_of(folder: Path, *layers: LayerFiles) -> Layout:
    layout = Layout(folder)
    layout.index(layout.image(layers))
    return layout


def many(count: int) -> bytes:
    """Empty files, ten a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for number in range(count):
            name = f"usr/share/package-{number // 10:05}/file-name-{number:07}.txt"
            tar.addfile(tarfile.TarInfo(name))
    return buffer.getvalue()


def measured(folder: Path) -> tuple[int, int]:
    """Bytes of memory before and after an image is read, in a process of its own."""
    code = (
        "import sys\n"
        "from dockgate.builder.layout import read_images\n"
        "from dockgate.builder.readers import all_readers\n"
        "from dockgate.rules.settings import DEFAULT_SETTINGS\n"
        "def peak():\n"
        "    status = open('/proc/self/status').read()\n"
        "    print(int(status.partition('VmHWM:')[2].split()[0]) * 1024)\n"
        "all_readers(DEFAULT_SETTINGS)\n"
        "peak()\n"
        "image = read_images(sys.argv[1])[0]\n"
        "assert len(image.final()) == 150_000\n"
        "peak()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    before, after = map(int, done.stdout.split())
    return before, after


def test_the_memory_of_many_entries(tmp_path: Path) -> None:
    """A million must fit in 400 MB, so an entry may take 250 bytes."""
    before, after = measured(layout_of(tmp_path, many(150_000)).folder)
    assert (after - before) / 150_000 < 250
    assert before < 120 << 20


def test_folders_that_only_paths_imply_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dockgate.builder.bounds.MAX_NAMES", 2 << 20)
    files = {f"{i}/" + "d/" * 200 + "x": "" for i in range(200)}
    assert "file names of more than" in error_of(layout_of(tmp_path, files).folder)


LINKS = {
    "to deep folders": lambda: {
        key: value
        for i in range(400)
        for key, value in ((f"l{i}", link(f"{i}/" + "d/" * 240)), (f"l{i}/x", ""))
    },
    "over long ways": lambda: {
        **{f"k{i}": link("a/../" * 800 + f"k{i + 1}") for i in range(39)},
        **{
            key: value for i in range(30) for key, value in ((f"l{i}", link("k0")), (f"l{i}/x", ""))
        },
    },
}


@pytest.mark.parametrize("kind", list(LINKS))
def test_links_that_make_the_merge_long(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dockgate.rules.subjects.merged.MAX_STEPS", 200_000)
    before = time.process_time()
    said = error_of(layout_of(tmp_path, LINKS[kind]()).folder)
    assert "lead to too many places" in said
    assert time.process_time() - before < 3


def test_links_that_go_round(tmp_path: Path) -> None:
    files: dict[str, Any] = {"a": link("b"), "b": link("a"), "s": link("s/s/s")}
    image = open_image(str(layout_of(tmp_path / "1", files).folder))
    assert image.real("a/b/c")
    with pytest.raises(LookupError):
        image.final()["nowhere"]
    for path in ("a/x", "s/y"):  # engines do not unpack it
        assert "more links than" in error_of(layout_of(tmp_path / path, {**files, path: ""}).folder)


def test_a_chain_of_links_that_one_engine_follows_and_another_does_not(tmp_path: Path) -> None:
    files: dict[str, Any] = {f"l{i}": link(f"l{i + 1}") for i in range(60)}
    files["l0/passwd"] = ""
    assert "more links than" in error_of(layout_of(tmp_path, files).folder)


def test_terabytes_of_holes(tmp_path: Path) -> None:
    info = tarfile.TarInfo("holes")
    info.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(10 << 40)}
    info.size = 1
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(b"1"))
    before = time.process_time()
    assert "a decompression bomb?" in error_of(layout_of(tmp_path, buffer.getvalue()).folder)
    assert time.process_time() - before < 3


@pytest.mark.parametrize(
    "pieces", ["5,1,2,1", "0,1,0,1", "0,99", "9223372036854775807,9223372036854775807", "0", "x,1"]
)
def test_maps_that_are_none(tmp_path: Path, pieces: str) -> None:
    info = tarfile.TarInfo("holes")
    info.pax_headers = {"GNU.sparse.map": pieces, "GNU.sparse.size": "10"}
    info.size = 2
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(b"12"))
    assert "map is damaged" in error_of(layout_of(tmp_path, buffer.getvalue()).folder)


@pytest.mark.parametrize(
    "field", [b"\xff" + b"\xff" * 11, b"\x80" + b"\xff" * 11, b"\xc0" + bytes(11)]
)
def test_sizes_in_base_256(tmp_path: Path, field: bytes) -> None:
    """Negative ones, and ones that no disk holds."""
    header = bytearray(tarfile.TarInfo("x").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = field
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    said = error_of(layout_of(tmp_path, bytes(header) + bytes(1024)).folder)
    assert "negative size" in said or "too large" in said or "cut short" in said


def test_a_path_of_a_megabyte_in_the_configuration(tmp_path: Path) -> None:
    long = "/a" * 500_000
    config = {"WorkingDir": long, "Entrypoint": [long], "Cmd": [long]}
    write_layout(tmp_path, [{"app": ""}], config)
    begin = time.process_time()
    (report,) = check_images([open_image(str(tmp_path))])
    assert report.failures == []
    assert time.process_time() - begin < 10
