"""What was read of a layer is not read again, and nothing that lies in the cache is trusted."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockgate.builder import layer_cache, layers
from dockgate.builder.bounds import ImageError
from dockgate.builder.layout import read_images
from dockgate.rules.rule import File
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import Want

from .images import TOKEN, LayerFiles, Layout, layer_tar, link, write_archive
from .test_readers import Text

PASSWD = "app:x:5:5::/:/bin/sh\n"
BASE: LayerFiles = {
    "etc/passwd": PASSWD,
    "app/.env": f"GITHUB_TOKEN={TOKEN}\n",
    "one": File("1", mode=0o4755, uid=7, gid=8),
    "two": link("one", hard=True),
    "l": link("one"),
    "caf\udce9": "x",
}


PROGRAM = list(layer_cache._program())


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # someone may be editing the checkout while its tests run
    monkeypatch.setattr(layer_cache, "_program", lambda: PROGRAM)
    return tmp_path / "cache" / "dockgate" / "layers"


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The layers that are really read."""
    read: list[str] = []
    real = layers.LayerPass.run

    def run(one: layers.LayerPass, tar: Any) -> None:
        read.append(one.layer.diff_id)
        real(one, tar)

    monkeypatch.setattr(layers.LayerPass, "run", run)
    return read


def layout_of(folder: Path, *given: Any) -> Layout:
    layout = Layout(folder)
    layout.index(layout.image([layer_tar(BASE), *given]))
    return layout


def told(image: Image) -> Any:
    return (
        [(path, layer.index, entry) for path, (layer, entry) in image.final().items()],
        [
            (e.secrets, e.contents, e.results, e.unpacked, e.digest, list(e.entries), e.unread)
            for e in image.layers
        ],
    )


def test_only_what_is_new_is_read(tmp_path: Path, count: list[str], folder: Path) -> None:
    layout = layout_of(tmp_path / "l", {"new": "1"})
    (first,) = read_images(str(layout.folder), cached=True)
    assert len(count) == 2
    (second,) = read_images(str(layout.folder), cached=True)
    assert len(count) == 2
    assert told(first) == told(second)
    assert second.layers[0].secrets
    assert second.content("etc/passwd") == PASSWD.encode()
    layout = layout_of(tmp_path / "l", {"new": "2"})
    read_images(str(layout.folder), cached=True)
    assert len(count) == 3
    read_images(str(layout.folder))
    assert len(count) == 5
    held = b"".join(zlib.decompress(one.read_bytes()[49:]) for one in folder.iterdir())
    assert TOKEN.encode() not in held
    assert all(one.stat().st_mode & 0o777 == 0o600 for one in folder.iterdir())


def test_other_readers_read_again(tmp_path: Path, count: list[str]) -> None:
    layout = layout_of(tmp_path / "l")
    reader = Text(Want(names=("one",)))
    for _ in range(2):
        (image,) = read_images(str(layout.folder), cached=True, readers=[reader])
        assert image.found("sizes") == {"one": (image.layers[0], "1")}
    assert len(count) == 1
    reader.version = "2"
    read_images(str(layout.folder), cached=True, readers=[reader])
    assert len(count) == 2


def test_another_program_reads_again(
    tmp_path: Path, count: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert any("layer_cache.py" in line for line in PROGRAM)
    layout = layout_of(tmp_path / "l")
    read_images(str(layout.folder), cached=True)
    monkeypatch.setattr(layer_cache, "_program", lambda: [*PROGRAM, "more"])
    read_images(str(layout.folder), cached=True)
    assert len(count) == 2


def test_a_layer_is_verified_all_the_same(tmp_path: Path) -> None:
    layout = layout_of(tmp_path / "l")
    read_images(str(layout.folder), cached=True)
    for blob in (layout.folder / "blobs" / "sha256").iterdir():
        data = bytearray(blob.read_bytes())
        if data[:2] == b"\x1f\x8b":
            data[len(data) // 2] ^= 1
            blob.write_bytes(data)
    with pytest.raises(ImageError, match="has another content"):
        read_images(str(layout.folder), cached=True)


@pytest.mark.parametrize("compressed", [False, True])
def test_archives_that_do_not_name_their_layers(
    tmp_path: Path, count: list[str], compressed: bool
) -> None:
    archive = tmp_path / ("a.tar.gz" if compressed else "a.tar")
    write_archive(archive, [BASE])
    first = read_images(str(archive), cached=True)[0]
    assert told(first) == told(read_images(str(archive), cached=True)[0])
    assert len(count) == 1


def test_what_is_undecided_is_not_kept(tmp_path: Path, count: list[str]) -> None:
    layout = layout_of(tmp_path / "l")
    for _ in range(2):
        reader = Text(Want(names=("one",), largest=0))
        (image,) = read_images(str(layout.folder), cached=True, readers=[reader])
        assert image.layers[0].unread
    assert len(count) == 2


def packed(document: Any) -> bytes:
    data = zlib.compress(json.dumps(document).encode())
    return b"dockgate layer 1\n" + hashlib.sha256(data).digest() + data


HOSTILE: list[bytes] = [
    b"",
    b"dockgate layer 1\n",
    packed(None),
    packed([]),
    packed({}),
    b"dockgate layer 1\n" + hashlib.sha256(b"x").digest() + b"x",
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_what_is_damaged_is_read_anew(
    tmp_path: Path, folder: Path, count: list[str], number: int
) -> None:
    layout = layout_of(tmp_path / "l")
    (first,) = read_images(str(layout.folder), cached=True)
    (one,) = folder.iterdir()
    one.write_bytes(HOSTILE[number])
    (second,) = read_images(str(layout.folder), cached=True)
    assert told(first) == told(second)
    assert len(count) == 2
    read_images(str(layout.folder), cached=True)
    assert len(count) == 2


@given(st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_changed_document_is_no_crash(tmp_path: Path, folder: Path, data: st.DataObject) -> None:
    layout = layout_of(tmp_path / "l")
    shutil.rmtree(folder, ignore_errors=True)
    read_images(str(layout.folder), cached=True)
    (one,) = folder.iterdir()
    document = json.loads(zlib.decompress(one.read_bytes()[49:]))
    key = data.draw(st.sampled_from(sorted(document)))
    values: list[Any] = [None, -1, 10**30, "x", [], {}, [None], [-1], [10**9], {"a": 1}, [[]]]
    odd = st.sampled_from(values)
    if isinstance(document[key], list) and document[key] and data.draw(st.booleans()):
        document[key][data.draw(st.integers(0, len(document[key]) - 1))] = data.draw(odd)
    else:
        document[key] = data.draw(odd)
    one.write_bytes(packed(document))
    try:
        read_images(str(layout.folder), cached=True)
    except ImageError as error:
        assert "more than" in str(error)  # noqa: PT017


def test_what_somebody_else_could_write_is_passed_over(
    tmp_path: Path, folder: Path, count: list[str]
) -> None:
    layout = layout_of(tmp_path / "l")
    read_images(str(layout.folder), cached=True)
    (one,) = folder.iterdir()
    one.chmod(0o666)
    read_images(str(layout.folder), cached=True)
    assert len(count) == 2
    (one,) = folder.iterdir()
    one.rename(tmp_path / "elsewhere")
    one.symlink_to(tmp_path / "elsewhere")
    read_images(str(layout.folder), cached=True)
    assert len(count) == 3


def test_it_is_bounded(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_cache, "MAX_FILES", 4)
    for number in range(9):
        layout = layout_of(tmp_path / f"l{number}", {"new": str(number)})
        read_images(str(layout.folder), cached=True)
        for one in folder.iterdir():
            os.utime(one, (time.time() - 100, time.time() - 100))
    assert 0 < len(list(folder.iterdir())) <= 4
