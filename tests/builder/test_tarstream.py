"""Tar forms that engines write and read, understood as they understand them."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from dockgate.builder.layout import open_image
from dockgate.rules.rule import File

from .images import (
    LAYER,
    TOKEN,
    LayerFiles,
    Layout,
    config_json,
    error_of,
    layer_tar,
    link,
)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_long_and_strange_names(tmp_path: Path, form: int) -> None:
    names = ["a/" * 60 + "long", "ustar/" * 20 + "x" * 90]
    if form != tarfile.USTAR_FORMAT:
        names += ["x" * 300, "ünïcode/文件", "l" * 200]
    layout = Layout(tmp_path)
    files = {name: File("content", mode=0o755, uid=70_000, gid=80_000) for name in names}
    layout.index(layout.image([layer_tar(files, form)]))
    entries = open_image(str(tmp_path)).layers[0].entries
    assert [entry.path for entry in entries] == names
    assert {(e.mode, e.uid, e.gid, e.size) for e in entries} == {(0o755, 70_000, 80_000, 7)}


def test_large_numbers(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    file = {"a": File("x", uid=2**31, gid=4_000_000_000)}
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        layout.index(layout.image([layer_tar(file, form)]))
        entry = open_image(str(tmp_path)).layers[0].entries[0]
        assert (entry.uid, entry.gid) == (2**31, 4_000_000_000)


def test_names_that_are_not_utf8(tmp_path: Path) -> None:
    info = tarfile.TarInfo("caf\udce9")
    data = info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "surrogateescape") + b"\0" * 1024
    layout = Layout(tmp_path)
    layout.index(layout.image([data]))
    assert open_image(str(tmp_path)).layers[0].entries[0].path == "caf\udce9"


def test_links(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    files: LayerFiles = {"bin/a": "1", "bin/b": link("./bin/a", hard=True), "bin/c": link("a")}
    layout.index(layout.image([files]))
    entries = {entry.path: entry for entry in open_image(str(tmp_path)).layers[0].entries}
    assert (entries["bin/b"].kind, entries["bin/b"].link) == ("hardlink", "bin/a")
    assert (entries["bin/c"].kind, entries["bin/c"].link) == ("symlink", "a")


def sparse_tar(folder: Path, form: str) -> bytes:
    """GNU tar's archive of a file with holes and of one behind it."""
    import subprocess

    with (folder / "holes").open("wb") as file:
        file.seek(5_000_000)
        file.write(b"GITHUB_TOKEN=" + TOKEN.encode() + b"\n")
        for at in range(6, 40):
            file.seek(at * 1_000_000)
            file.write(b"x\n")
    (folder / "behind").write_text("1")
    command = ["tar", "-S", "-C", str(folder), "-cf", "-", *form.split(), "holes", "behind"]
    return subprocess.run(command, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    "form",
    [
        "--format=gnu",
        "--format=pax --sparse-version=0.0",
        "--format=pax --sparse-version=0.1",
        "--format=pax --sparse-version=1.0",
    ],
)
def test_sparse_files(tmp_path: Path, form: str) -> None:
    (tmp_path / "f").mkdir()
    tar = sparse_tar(tmp_path / "f", form)
    assert len(tar) < 500_000
    layout = Layout(tmp_path / "l")
    layout.index(layout.image([tar]))
    layer = open_image(str(layout.folder)).layers[0]
    sizes = {entry.path: entry.size for entry in layer.entries}
    assert sizes == {"holes": 39_000_002, "behind": 1}
    assert [found.path for found in layer.secrets] == ["holes"]


def test_global_pax_headers_are_passed_over_as_engines_do(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(
        fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"path": "hidden"}
    ) as tar:
        tar.addfile(tarfile.TarInfo("shown"))
    layout = Layout(tmp_path)
    layout.index(layout.image([buffer.getvalue()]))
    assert [entry.path for entry in open_image(str(tmp_path)).layers[0].entries] == ["shown"]


def test_a_folder_has_no_content_whatever_its_size_says(tmp_path: Path) -> None:
    """Else the next file would be taken for its content, and not be seen."""
    folder = tarfile.TarInfo("d")
    folder.type, folder.size = tarfile.DIRTYPE, 1024
    hidden = layer_tar({"hidden/.env": f"GITHUB_TOKEN={TOKEN}\n"})
    layout = Layout(tmp_path)
    layout.index(layout.image([folder.tobuf(tarfile.USTAR_FORMAT) + hidden]))
    layer = open_image(str(tmp_path)).layers[0]
    assert [entry.path for entry in layer.entries] == ["d", "hidden/.env"]
    assert layer.secrets


def test_damaged_tars(tmp_path: Path) -> None:
    good = layer_tar({"a": "x" * 1000})
    unknown = tarfile.TarInfo("x")
    unknown.type = b"Z"
    for tar, said in (
        (good[:700], "cut short"),
        (good[:300], "cut short"),
        (b"x" * 1024, "not octal"),
        (good[:100] + b"9" + good[101:], "checksum"),
        (good[:5] + b"x" + good[6:], "checksum"),
        (good[:1536] + b"\0" * 512 + good[:512], "after a tar's end mark"),
        (unknown.tobuf(tarfile.USTAR_FORMAT), "unknown type"),
        (b"BZh9" + b"x" * 600, "bzip2"),
        (gzip.compress(good) + b"garbage", "after its gzip data"),
        (gzip.compress(good)[:-30], "cut short"),
        (gzip.compress(b"x" * 100)[:20] + b"\xff" * 100, "damaged"),
    ):
        layout = Layout(tmp_path)
        layout.index(layout.manifest([layout.blob(tar, LAYER)], config_json([good], {})))
        assert said in error_of(tmp_path)


def test_engines_end_marks(tmp_path: Path) -> None:
    """A tar without end blocks, with one, with more; and an empty one."""
    body = layer_tar({"a": "1"})[:1024]
    layout = Layout(tmp_path)
    layout.index(layout.image([body, body + b"\0" * 512, body + b"\0" * 50_000, b""]))
    image = open_image(str(tmp_path))
    assert [len(layer.entries) for layer in image.layers] == [1, 1, 1, 0]


def names_of(folder: Path, tar: bytes) -> list[str]:
    layout = Layout(folder)
    layout.index(layout.image([tar]))
    return [entry.path for entry in open_image(str(folder)).layers[0].entries]


def records(kind: bytes, **values: str) -> bytes:
    """A PAX header; `_` in a name stands for a dot."""
    content = b""
    for name, value in values.items():
        rest = f" {name.replace('_', '.')}={value}\n"
        content += f"{len(rest) + 2}{rest}".encode()
    info = tarfile.TarInfo("header")
    info.type, info.size = kind, len(content)
    return info.tobuf(tarfile.USTAR_FORMAT) + content.ljust(512, b"\0")


def test_a_global_header_ends_what_stood_before_it(tmp_path: Path) -> None:
    before = records(tarfile.XHDTYPE, path="not/so") + records(tarfile.XGLTYPE, comment="x")
    assert names_of(tmp_path, before + layer_tar({"so": "1"}, tarfile.USTAR_FORMAT)) == ["so"]


@pytest.mark.parametrize(
    ("times", "name"),
    [
        (b"pre/fix", "pre/fix/file"),
        (b"00000000001\0" + b"00000000002\0", "file"),
        (b"pr\xffe", "file"),
    ],
)
def test_a_prefix_where_gnu_tar_has_times(tmp_path: Path, times: bytes, name: str) -> None:
    block = tarfile.TarInfo("file").tobuf(tarfile.GNU_FORMAT)
    block = block[:345] + times.ljust(155, b"\0") + block[500:]
    total = sum(block[:148]) + 8 * 32 + sum(block[156:])
    block = block[:148] + b"%06o\0 " % total + block[156:]
    assert names_of(tmp_path, block + bytes(1024)) == [name]


def test_records_that_do_not_make_a_file_sparse(tmp_path: Path) -> None:
    before = records(tarfile.XHDTYPE, GNU_sparse_numblocks="0", GNU_sparse_name=".wh.etc")
    assert names_of(tmp_path, before + layer_tar({"so": ""}, tarfile.USTAR_FORMAT)) == ["so"]
