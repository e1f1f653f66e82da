"""The merged file system equals `docker export`: types, rights, owners, contents, links."""

from __future__ import annotations

import hashlib
import io
import os
import posixpath
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dockgate.builder.layout import open_image
from dockgate.builder.merged import FileHashes, rows
from dockgate.rules.rule import File
from tests.engine.client import Engine

from .images import Layout, in_one_tar, layer_tar, link
from .test_layout_engine import is_runtime

CAPABILITY = "security.capability"
#: cap_net_raw+ep, as setcap writes it (linux/capability.h, VFS_CAP_REVISION_2)
NET_RAW = bytes.fromhex("0100000200200000000000000000000000000000")


KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.DIRTYPE: "dir",
    tarfile.SYMTYPE: "symlink",
    tarfile.FIFOTYPE: "fifo",
    tarfile.CHRTYPE: "char",
    tarfile.BLKTYPE: "block",
}


class Path_(NamedTuple):  # noqa: N801
    """What both sides say of a path."""

    kind: str
    mode: int
    uid: int
    gid: int
    size: int
    sha256: str
    link: str
    device: tuple[int, int]
    capability: bytes
    others: frozenset[str]  #: names of the same file


def exported(engine: Engine, image: str) -> dict[str, Path_]:
    """By Python's tarfile."""
    container = engine.run("create", image, "/none").strip()
    try:
        data = subprocess.run(
            [engine.docker, "export", container], env=engine.env, capture_output=True, check=True
        ).stdout
    finally:
        engine.run("rm", container)
    found: dict[str, Path_] = {}
    same: dict[str, set[str]] = {}
    with tarfile.open(fileobj=io.BytesIO(data), errors="surrogateescape") as tar:
        for member in tar:
            path = posixpath.normpath(member.name).lstrip("/")
            if path == ".":
                continue
            if member.islnk():
                first = posixpath.normpath(member.linkname).lstrip("/")
                found[path] = found[first]
                names = same.setdefault(first, {first})
                names.add(path)
                same[path] = names
                continue
            content = tar.extractfile(member) if member.isreg() else None
            digest = hashlib.sha256(content.read()).hexdigest() if content is not None else ""
            is_device = member.ischr() or member.isblk()
            device = (member.devmajor, member.devminor) if is_device else (0, 0)
            value = member.pax_headers.get("SCHILY.xattr." + CAPABILITY, "")
            found[path] = Path_(
                KINDS[member.type], member.mode, member.uid, member.gid, member.size, digest,
                member.linkname if member.issym() else "", device,
                value.encode("utf-8", "surrogateescape"), frozenset(),
            )  # fmt: skip
    return {
        path: one._replace(others=frozenset(same.get(path, ()) if one.kind == "file" else ()))
        for path, one in found.items()
        if not is_runtime(path)
    }


def seen(source: Path) -> dict[str, Path_]:
    """By dockgate."""
    image = open_image(str(source), readers=[FileHashes()])
    assert not any(layer.unread for layer in image.layers)
    found = {row.path: row for row in rows(image) if not is_runtime(row.path)}
    names: dict[int, set[str]] = {}
    for path, row in found.items():
        names.setdefault(row.inode, set()).add(path)
    return {
        path: Path_(
            row.kind, row.mode, row.uid, row.gid, row.size, row.sha256, row.link, row.device,
            row.xattrs.get(CAPABILITY, b""),
            frozenset(names[row.inode] if row.kind == "file" and len(names[row.inode]) > 1 else ()),
        )
        for path, row in found.items()
    }  # fmt: skip


def member(kind: bytes = tarfile.REGTYPE, **further: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type = kind
    for key, value in further.items():
        setattr(info, key, value)
    return info


def raw(
    *parts: tuple[str, bytes], form: int = tarfile.PAX_FORMAT, pax: dict[str, str] | None = None
) -> bytes:
    """A tar of files with names as they are given."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form, errors="surrogateescape") as tar:
        for name, content in parts:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.pax_headers = pax or {}
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def sparse_layer() -> bytes:
    """By GNU tar, in the three forms of PAX; engines refuse the older one of its own."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "holes"), "wb") as file:
            for at in range(60):
                file.seek(at * 100_000 + 5_000)
                file.write(b"%d\n" % at)
            file.truncate(7_000_000)
        tars = []
        for form in ("0.0", "0.1", "1.0"):
            os.rename(*(os.path.join(folder, name) for name in (os.listdir(folder)[0], form)))
            options = ["--format=pax", f"--sparse-version={form}", "--owner=7", "--group=8"]
            tar = ["tar", "-S", "-C", folder, *options, "-b", "1", "-cf", "-", form]
            tars.append(subprocess.run(tar, capture_output=True, check=True).stdout)
    return b"".join(tar[:-1024] for tar in tars[:-1]) + tars[-1]


def capability_layer() -> bytes:
    pax = {f"SCHILY.xattr.{CAPABILITY}": NET_RAW.decode("latin-1")}
    return raw(("ping", b"x"), pax=pax)


def summed(block: bytes) -> bytes:
    """A header whose checksum is right."""
    total = sum(block[:148]) + 8 * 32 + sum(block[156:])
    return block[:148] + b"%06o\0 " % total + block[156:]


def extended(kind: bytes, name: str, value: str) -> bytes:
    """A PAX header of one record."""
    rest = f" {name}={value}\n"
    length = len(rest) + 2
    assert 10 <= length < 100
    info = tarfile.TarInfo("header")
    info.type, info.size = kind, length
    return info.tobuf(tarfile.USTAR_FORMAT) + f"{length}{rest}".encode().ljust(512, b"\0")


def prefixed(prefix: bytes) -> bytes:
    """A file as Go before 1.8 wrote it: GNU's magic, and a prefix as only ustar has it."""
    block = tarfile.TarInfo("file").tobuf(tarfile.GNU_FORMAT)
    return summed(block[:345] + prefix.ljust(155, b"\0") + block[500:]) + bytes(1024)


def deep(depth: int, name: str) -> str:
    return "/".join(["d" * 20] * depth) + "/" + name


LayerFiles = Mapping[str, Any]
IMAGES: dict[str, Callable[[], list[LayerFiles | bytes]]] = {
    "whiteouts": lambda: [
        {"a/": "", "a/b/": "", "a/b/c": "1", "a/d": "1", "x/": "", "x/y": "1", "k": "1", "ab": "1",
         "w/": "", "w/.whatever": "1"},
        {"a/": "", "a/b": None, "k": None},
        {"a/": "", "a/b/": "", "a/b/new": "2", "x": None},
        {"x/": File(mode=0o711, uid=5), "x/z": "3"},
    ],
    "opaque": lambda: [
        {"d/": "", "d/old": "1", "d/sub/": "", "d/sub/deep": "1", "e/": "", "e/old": "1"},
        {"d/": File(mode=0o750), "d/.wh..wh..opq": "", "d/new": "1"},
        {"d/": "", "d/sub/": "", "d/sub/again": "2", "e/": "", "e/.wh..wh..opq": ""},
    ],
    "hard links": lambda: [
        {"one": File("content", mode=0o640, uid=3), "two": link("one", hard=True), "o/": "",
         "o/three": link("./two", hard=True)},
        {"one": None, "o/": "", "o/four": "4", "o/five": link("o/four", hard=True)},
        {"two": "replaced", "o/": "", "o/four": None},
    ],
    "folders and files change places": lambda: [
        {"f": "1", "d/": "", "d/x/": "", "d/x/y": "1", "l": link("d")},
        {"f/": "", "f/in": "2", "d": "now a file", "l/": "", "l/own": "2"},
        {"f": "3", "d": link("f"), "l": None},
        {"d/": "", "d/back": "4"},
    ],
    "links as folders": lambda: [
        {"usr/": "", "usr/lib/": "", "usr/lib/a": "1", "lib": link("usr/lib"),
         "abs": link("/usr/lib"), "up": link("../../usr"), "dangling": link("none/at/all"),
         "loop": link("loop"), "lib/b": "2", "abs/c": "3"},
        {"usr/": "", "usr/lib/": "", "usr/lib/d": "4", "dangling": link("elsewhere")},
    ],
    "many files in one folder": lambda: [
        {"many/": "", **{f"many/{i:05}": str(i) for i in range(20_000)}},
        {"many/": "", **{f"many/{i:05}": None for i in range(0, 20_000, 100)}, "many/00001": "x"},
    ],
    "long and strange names": lambda: [
        {"x" * 120: "1", "y" * 255: "2", deep(20, "z" * 200): "3", "a b\tc\nd": "4", "ünï": "5",
         "文件/": "", "文件/\U0001f980": link("ü" * 120)},
        layer_tar({"g" * 140: "6", deep(10, "g" * 180): "7", "to": link("t" * 300)},
                  tarfile.GNU_FORMAT),
        layer_tar({"ustar/" * 20 + "u" * 90: "8"}, tarfile.USTAR_FORMAT),
        raw(("caf\udce9", b"9"), ("\udcff\udcfe/\udc80", b"10"), form=tarfile.GNU_FORMAT),
    ],
    "devices": lambda: [
        {"n/": "", "n/null": member(tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666),
         "n/disk": member(tarfile.BLKTYPE, devmajor=8, devminor=300, mode=0o660, gid=6),
         "n/pipe": member(tarfile.FIFOTYPE, mode=0o600)},
        {"n/": "", "n/null": None, "n/pipe": "a file"},
    ],
    "rights, owners, capabilities": lambda: [
        {"suid": File("1", mode=0o4755), "sgid": File("2", mode=0o2711, gid=42),
         "sticky/": File(mode=0o1777), "big": File("3", uid=2**31 - 5, gid=4_000_000_000),
         "none": File("4", mode=0)},
        capability_layer(),
    ],
    "sparse files": lambda: [sparse_layer(), {"0.1": None, "after": "1"}],
    "the root is opaque": lambda: [
        {"old": "1", "d/": "", "d/old": "1"}, {".wh..wh..opq": "", "new": "2"},
    ],
    "a file and then a folder in one layer": lambda: [
        {"d/": "", "d/below": "1", "d/sub/": "", "d/sub/deep": "1", "e/": "", "e/below": "1",
         "f/": "", "f/below": "1"},
        in_one_tar({"d": "2", "e": link("d")}, {"d/": "", "d/new": "2", "d/sub/": "", "e/": ""},
             {"e": "3", "f": "3"}, {"f/": "", "f/sub/": ""}),
    ],
    "a whiteout through a link": lambda: [
        {"x/": "", "x/below": "1", "y/": "", "y/below": "1"},
        in_one_tar({"y/": "", "x": link("y"), "x/below": None}, {"x/": ""}),
    ],
    "a whiteout of a folder that the layer brings": lambda: [
        {"a/": "", "a/old": "1", "b/": "", "b/old": "1", "b/sub/": "", "b/sub/old": "1"},
        in_one_tar({"a": None, "b/": "", "b/sub": None}, {"a/": "", "a/new": "2", "b/sub/": ""}),
    ],
    "a hard link to a link": lambda: [
        in_one_tar({"data/": "", "s": link("data"), "t": link("s", hard=True)}, {"t/in": "1"}),
    ],
    "paths that stand twice": lambda: [
        in_one_tar({"a": "1", "l": link("a", hard=True)}, {"a": "two", "m": link("a", hard=True)},
             {"l": "three"}, {"n": link("l", hard=True)}),
    ],
    "a global header between": lambda: [
        extended(tarfile.XHDTYPE, "path", "not/so") + extended(tarfile.XGLTYPE, "comment", "x")
        + layer_tar({"so": "1", "other": "2"}, tarfile.USTAR_FORMAT),
    ],
    "a prefix where GNU tar has times": lambda: [prefixed(b"pre/fix"), {"other": "1"}],
    "overlayfs is told of other folders": lambda: [
        {"a/": "", "a/in": "1", "b/": "", "b/in": "2"},
        {"a/": File(xattrs={"trusted.overlay.opaque": b"y"}), "a/new": "1",
         "c/": File(xattrs={"trusted.overlay.redirect": b"/b"})},
    ],
}  # fmt: skip


@pytest.fixture(params=list(IMAGES), ids=[name.replace(" ", "-") for name in IMAGES])
def layers(request: pytest.FixtureRequest) -> list[LayerFiles | bytes]:
    return IMAGES[request.param]()


def loaded(engine: Engine, archive: Path) -> Iterator[str]:
    said = engine.run("load", "-i", str(archive))
    name = said.strip().rpartition(" ")[2]
    yield name
    engine.run("rmi", name)


def compare(engine: Engine, layout: Layout, folder: Path) -> None:
    for name in loaded(engine, layout.pack(folder / "image.tar")):
        expected = exported(engine, name)
    found = seen(layout.folder)
    if "etc" not in found:
        expected.pop("etc")  # it is made for etc/hosts
    assert found.keys() == expected.keys()
    different = {p: (found[p], expected[p]) for p in found if found[p] != expected[p]}
    assert not different
    assert len(found) > 1


def test_made_images(engine: Engine, layers: list[LayerFiles | bytes], tmp_path: Path) -> None:
    layout = Layout(tmp_path / "l")
    one = layout.image(layers)
    one["annotations"] = {"io.containerd.image.name": "docker.io/library/dockgate-export:1"}
    layout.index(one)
    compare(engine, layout, tmp_path)
