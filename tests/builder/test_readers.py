"""What readers are handed, and what becomes of their values."""

from __future__ import annotations

import io
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.layout import open_image
from dockgate.builder.readers import MODULES, all_readers
from dockgate.rules.rule import File
from dockgate.rules.settings import DEFAULT_SETTINGS
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import START, Content, Json, ReadError, Stream, Want

from .images import Layout, in_one_tar, layer_tar, link

MIB = 1 << 20


class Sizes:
    """Notes which files it gets, and how much of them."""

    version = "1"

    def __init__(self, *wants: Want, name: str = "sizes") -> None:
        self.name = name
        self.wants = wants

    def read(self, entry: Entry, content: Content) -> Json:
        return [content.size, len(content.start)]


class Text(Sizes):
    """Gives the file's text."""

    def read(self, entry: Entry, content: Content) -> Json:
        assert content.file().read() == content.data()
        return content.data().decode()


class Lengths(Sizes):
    """Takes files piece by piece."""

    class One:
        def __init__(self) -> None:
            self.pieces: list[int] = []

        def feed(self, piece: bytes) -> None:
            self.pieces.append(len(piece))

        def end(self) -> Json:
            return self.pieces

    def open(self, entry: Entry) -> Stream:
        return self.One()

    read = None  # type: ignore[assignment]


def image_of(folder: Path, *layers: Any, readers: list[Any]) -> Image:
    layout = Layout(folder)
    layout.index(layout.image(layers))
    return open_image(str(folder), readers=readers)


@pytest.mark.parametrize(
    ("want", "got"),
    [
        (Want(names=("package.json",)), {"a/package.json"}),
        (Want(suffixes=(".tar.gz", ".jar")), {"b.jar", "a/c.tar.gz"}),
        (Want(paths=("b.jar", "none")), {"b.jar"}),
        (Want(folders=("a",)), {"a/package.json", "a/c.tar.gz"}),
        (Want(folders=("",), names=("d.gz",)), {"b.jar", "run", "x/d.gz", "large"}),
        (Want(mode=0o111), {"run"}),
        (Want(starts=(b"#!", b"PK")), {"run", "b.jar"}),
        (Want(starts=(b"#!", b"PK"), mode=0o111), {"run"}),
        (Want(smallest=1, largest=3, must=False), {"x/d.gz"}),
        (Want(where=lambda path: "package" in path), {"a/package.json"}),
        (Want(suffixes=(".gz",), where=lambda path: path[0] == "x"), {"x/d.gz"}),
    ],
)
def test_wants(tmp_path: Path, want: Want, got: set[str]) -> None:
    files = {
        "a/package.json": "{}....",
        "a/c.tar.gz": "12345",
        "b.jar": "PK..",
        "x/d.gz": "1",
        "run": File("#!/bin/sh\n", mode=0o755),
        "large": "x" * 100_000,
        "folder.jar/": "",
        "link.jar": link("b.jar"),
    }
    image = image_of(tmp_path, files, readers=[Sizes(want), Sizes(want, name="again")])
    assert set(image.found("sizes")) == got
    assert image.found("again") == image.found("sizes")
    assert image.layers[0].unread == ""


def test_one_reader_of_two_wants_is_handed_a_file_once(tmp_path: Path) -> None:
    class Once(Sizes):
        seen: list[str] = []  # noqa: RUF012

        def read(self, entry: Entry, content: Content) -> Json:
            self.seen.append(entry.path)

    image_of(tmp_path, {"a.jar": "1"}, readers=[Once(Want(suffixes=(".jar",)), Want())])
    assert Once.seen == ["a.jar"]


def test_sizes_and_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockgate.builder.layers.PIECE", MIB)
    readers = [
        Sizes(Want(), name="whole"),
        Sizes(Want(whole=False), name="start"),
        Lengths(Want(), name="pieces"),
        Lengths(Want(largest=MIB, must=False), name="small"),
    ]
    sizes = {"none": 0, "small": 10, "piece": MIB, "more": 2 * MIB + 5}
    files = {name: "x" * size for name, size in sizes.items()}
    layer = image_of(tmp_path, files, readers=readers).layers[0]
    for name in ("whole", "start"):
        assert layer.results[name] == {n: [s, min(s, START)] for n, s in sizes.items()}
    assert layer.results["pieces"] == {
        "none": [], "small": [10], "piece": [MIB], "more": [MIB, MIB, 5],
    }  # fmt: skip
    assert set(layer.results["small"]) == {"none", "small", "piece"}


def test_a_large_file_is_whole_in_its_spool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dockgate.builder.layers.PIECE", 4096)
    text = "".join(f"{number}\n" for number in range(5000))
    readers = [Text(Want(names=("a",)), name="one"), Text(Want(), name="two")]
    results = image_of(tmp_path, {"a": text, "b": "x"}, readers=readers).layers[0].results
    assert results == {"one": {"a": text}, "two": {"a": text, "b": "x"}}


def test_what_layers_do_to_values(tmp_path: Path) -> None:
    image = image_of(
        tmp_path,
        {"kept": "1", "gone": "1", "new": "1", "d/x": "1", "l": "1", "file": "1", "same": "1"},
        {"gone": None, "new": "2", "d/.wh..wh..opq": "", "l": link("kept"), "file/": ""},
        readers=[Text(Want(where=lambda path: ".wh." not in path), name="text")],
    )
    lower, upper = image.layers
    assert image.found("text") == {
        "kept": (lower, "1"), "same": (lower, "1"), "new": (upper, "2"),
    }  # fmt: skip
    assert lower.results["text"].keys() >= {"gone", "d/x", "l", "file"}
    assert [image.fate(lower, p) for p in ("kept", "gone", "new")] == ["", "deleted", "replaced"]


def test_values_lie_where_links_lead(tmp_path: Path) -> None:
    files = {"usr/lib/": "", "lib": link("usr/lib"), "lib/x": "1"}
    image = image_of(tmp_path, files, readers=[Text(Want(), name="text")])
    assert image.found("text") == {"usr/lib/x": (image.layers[0], "1")}
    assert image.real("lib/x") == "usr/lib/x"


def test_a_path_that_stands_twice_in_a_layer(tmp_path: Path) -> None:
    tar = layer_tar({"a": "first"})[:1024] + layer_tar({"a": "last", "b": "1"})[:2048]
    tar += layer_tar({"b": link("a")})
    image = image_of(tmp_path, tar, readers=[Text(Want(), name="text")])
    assert image.found("text") == {"a": (image.layers[0], "last")}
    assert image.layers[0].results["text"] == {"a//1": "first", "a": "last", "b//1": "1"}


def test_hard_links_that_are_wanted_by_name(tmp_path: Path) -> None:
    files = {
        "store/1": File('{"a": 1}', mode=0o755),
        "app/package.json": link("store/1", hard=True),
        "lib/package.json": link("app/package.json", hard=True),
        "other": link("store/1", hard=True),
        "broken/package.json": link("nowhere", hard=True),
    }
    readers = [Text(Want(names=("package.json",)), name="npm"), Sizes(Want())]
    image = image_of(tmp_path, files, readers=readers)
    layer = image.layers[0]
    assert layer.results["npm"] == {f"{d}/package.json": '{"a": 1}' for d in ("app", "lib")}
    assert set(layer.results["sizes"]) == {"store/1"}
    assert "'broken/package.json' leads to no file" in layer.unread
    entry = image.final()["other"][1]
    assert (entry.kind, entry.size, entry.link) == ("hardlink", 8, "store/1")


def test_what_readers_do_wrong_is_told(tmp_path: Path) -> None:
    def raising(error: Exception) -> Any:
        class Bad(Text):
            def read(self, entry: Entry, content: Content) -> Json:
                raise error

        return Bad(Want())

    class NoJson(Text):
        def read(self, entry: Entry, content: Content) -> Json:
            return {1, 2}

    for reader, said in (
        (raising(ReadError("no database")), "sizes could not read 'a': no database"),
        (raising(KeyError("x")), "sizes could not read 'a': KeyError: 'x'"),
        (NoJson(Want()), "TypeError"),
        (Text(Want(largest=3)), "'a' has 5B: sizes reads 3B at most"),
    ):
        assert said in image_of(tmp_path, {"a": "12345"}, readers=[reader]).layers[0].unread
    quiet = Text(Want(largest=3, must=False))
    assert image_of(tmp_path, {"a": "12345"}, readers=[quiet]).layers[0].unread == ""


def test_values_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockgate.builder.bounds.MAX_VALUES", 1000)
    files = {f"f{i}": "x" * 90 for i in range(20)}
    with pytest.raises(Exception, match="packages and findings of more than"):
        image_of(tmp_path, files, readers=[Text(Want())])


def test_holes_of_sparse_files_are_zeros(tmp_path: Path) -> None:
    info = tarfile.TarInfo("sparse")
    info.pax_headers = {"GNU.sparse.map": "2,3,10,1", "GNU.sparse.size": "12"}
    info.size = 4
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(b"abcd"))
    image = image_of(tmp_path, buffer.getvalue(), readers=[Text(Want(), name="text")])
    assert image.found("text")["sparse"][1] == "\0\0abc\0\0\0\0\0d\0"


def test_every_reader_can_be_had_and_has_a_name_of_its_own() -> None:
    readers = all_readers(DEFAULT_SETTINGS)
    assert len({reader.name for reader in readers}) == len(MODULES)
    assert all(reader.version for reader in readers)


def test_a_hard_link_is_the_file_that_stood_there_when_it_was_made(tmp_path: Path) -> None:
    parts: list[dict[str, Any]] = [
        {"a": "old", "one.db": link("a", hard=True)},
        {"a": "new", "two.db": link("a", hard=True), "three.db": link("a", hard=True)},
        {"three.db": "its own", "own": link("d"), "own/b": "there"},
        {"four.db": link("d/b", hard=True), "b": "first"},
        {"b": link("a", hard=True), "five.db": link("b", hard=True)},
    ]
    image = image_of(
        tmp_path, in_one_tar(*parts), readers=[Text(Want(suffixes=(".db",)), name="sizes")]
    )
    assert {path: value for path, (_, value) in image.found("sizes").items()} == {
        "one.db": "old",
        "two.db": "new",
        "three.db": "its own",
        "four.db": "there",
        "five.db": "new",
    }


def test_a_path_that_stands_in_a_layer_many_times(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for number in range(20_000):
            info = tarfile.TarInfo("a.db")
            info.size = 5
            tar.addfile(info, io.BytesIO(b"%05d" % number))
    before = time.process_time()
    image = image_of(
        tmp_path, buffer.getvalue(), readers=[Text(Want(suffixes=(".db",)), name="sizes")]
    )
    assert time.process_time() - before < 5
    values = image.layers[0].results["sizes"]
    assert len(values) == 20_000
    assert (values["a.db//1"], values["a.db"]) == ("00000", "19999")
