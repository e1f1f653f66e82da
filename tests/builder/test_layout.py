"""The ways an image lies there, and that nothing is said of one that is not whole."""

from __future__ import annotations

import gzip
import json
import os
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.bounds import ImageError
from dockgate.builder.layout import open_image, read_images
from dockgate.builder.store import open_store
from dockgate.rules.rule import File
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.image import Image

from .images import (
    INDEX,
    LAYER,
    TOKEN,
    Layout,
    config_json,
    digest_of,
    error_of,
    in_one_tar,
    layer_tar,
    link,
    write_archive,
    write_layout,
)


def final(image: Image) -> set[str]:
    return set(image.final())


# -- the ways an image lies there


def test_layout_folder(tmp_path: Path) -> None:
    config = {
        "User": "app",
        "Env": ["A=b"],
        "Labels": {"x": "y"},
        "Cmd": ["sh"],
        "Entrypoint": ["/app"],
        "WorkingDir": "/srv",
        "ExposedPorts": {"80/tcp": {}},
        "Volumes": {"/data": {}},
        "Healthcheck": {"Test": ["CMD", "true"]},
        "history": ["one", {"created_by": "ENV", "empty_layer": True}, "two"],
    }
    digest = write_layout(tmp_path, [{"app": "x"}, {"etc/": "", "etc/a": "12"}], config)
    (tmp_path / "ingest").mkdir()
    settings = Settings(max_layers=3)
    image = open_image(str(tmp_path), name="app:1", settings=settings)
    assert (image.name, image.digest, image.root_digest) == ("app:1", digest, digest)
    assert (image.platform, image.settings) == ("linux/amd64", settings)
    assert image.config.user == "app"
    assert image.config.env == ["A=b"]
    assert image.config.labels == {"x": "y"}
    assert image.config.cmd == ["sh"]
    assert image.config.entrypoint == ["/app"]
    assert image.config.workdir == "/srv"
    assert image.config.ports == ["80/tcp"]
    assert image.config.volumes == ["/data"]
    assert image.config.healthcheck == ["CMD", "true"]
    assert [layer.created_by for layer in image.layers] == ["one", "two"]
    assert [layer.index for layer in image.layers] == [0, 1]
    entry = image.final()["etc/a"][1]
    assert (entry.kind, entry.size, entry.mode) == ("file", 2, 0o644)
    assert image.unpacked == sum(len(layer_tar(f)) for f in ({"app": "x"}, {"a/": "", "b": ""}))


@pytest.mark.parametrize("name", ["image.tar", "image.tar.gz"])
def test_layout_tar(tmp_path: Path, name: str) -> None:
    digest = write_layout(tmp_path / "l", [{"app": "x"}], {})
    image = open_image(str(Layout(tmp_path / "l").pack(tmp_path / name)))
    assert image.digest == digest
    assert final(image) == {"app"}


@pytest.mark.parametrize("name", ["saved.tar", "saved.tar.gz", "no-ending"])
def test_docker_save(tmp_path: Path, name: str) -> None:
    same = {"a": "1"}
    digest = write_archive(tmp_path / name, [same, {"b": "2"}, same], {"User": "7"})
    image = open_image(str(tmp_path / name))
    assert image.digest == image.config_digest == digest
    assert image.config.user == "7"
    assert final(image) == {"a", "b"}
    assert [layer.digest for layer in image.layers] == [
        digest_of(layer_tar(files)) for files in (same, {"b": "2"}, same)
    ]
    assert [layer.index for layer in image.layers] == [0, 1, 2]


@pytest.mark.parametrize("name", ["sha256:{}", "{}", "config.json"])
def test_archives_of_other_tools(tmp_path: Path, name: str) -> None:
    """go-containerregistry (crane, ko, kaniko) names the configuration by its whole digest, and
    compresses layers."""
    tar = layer_tar({"a": "1"})
    config = config_json([tar], {})
    name = name.format(digest_of(config)[7:])
    files: dict[str, str | bytes | File | tarfile.TarInfo | None] = {
        name: config,
        "layer.tar.gz": gzip.compress(tar),
        "manifest.json": json.dumps([{"Config": name, "Layers": ["layer.tar.gz"]}]),
    }
    (tmp_path / "a.tar").write_bytes(layer_tar(files))
    assert open_image(str(tmp_path / "a.tar")).digest == digest_of(config)
    (tmp_path / "a.tar").write_bytes(layer_tar({**files, name: config + b" "}))
    if name == "config.json":
        assert open_image(str(tmp_path / "a.tar")).digest == digest_of(config + b" ")
    else:
        assert "has another content" in error_of(tmp_path / "a.tar")


def test_docker_save_with_index(tmp_path: Path) -> None:
    """As since Docker 25: both lists name one image, and platforms not pulled are left out."""
    layout = Layout(tmp_path / "l")
    here = layout.image([{"app": "x"}])
    away = layout.image([{"app": "arm"}], architecture="arm64")
    index = layout.document(
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [here, away]},
        annotations={"io.containerd.image.name": "docker.io/library/app:1"},
    )
    layout.index(index)
    layout.path(away["digest"]).unlink()
    manifest = json.loads(layout.path(here["digest"]).read_bytes())
    paths = ["blobs/" + d["digest"].replace(":", "/") for d in manifest["layers"]]
    config = "blobs/" + manifest["config"]["digest"].replace(":", "/")
    listing = [{"Config": config, "RepoTags": ["app:1"], "Layers": paths}]
    (tmp_path / "l" / "manifest.json").write_text(json.dumps(listing))
    image = open_image(str(layout.pack(tmp_path / "saved.tar")))
    assert (image.digest, image.root_digest) == (here["digest"], index["digest"])
    # the folder itself says nothing of docker save: there a missing platform is a missing blob
    assert "is missing" in error_of(tmp_path / "l")


def test_two_lists_that_differ_are_both_read(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "l")
    layout.index(layout.image([{"good": "x"}], {"User": "1"}))
    tar = layer_tar({"bad": "x"})
    config = config_json([tar], {})
    (tmp_path / "l" / (digest_of(config)[7:] + ".json")).write_bytes(config)
    (tmp_path / "l" / "layer.tar").write_bytes(tar)
    listing = [{"Config": digest_of(config)[7:] + ".json", "Layers": ["layer.tar"]}]
    (tmp_path / "l" / "manifest.json").write_text(json.dumps(listing))
    images = read_images(str(layout.pack(tmp_path / "saved.tar")))
    assert [final(image) for image in images] == [{"good"}, {"bad"}]


@pytest.mark.parametrize("compress", ["gzip", "zstd", "none"])
def test_compressions(tmp_path: Path, compress: str) -> None:
    if compress == "zstd":
        pytest.importorskip("backports.zstd")
    layout = Layout(tmp_path)
    layout.index(layout.image([{"a": "x" * 3_000_000, "b": "y"}], compress=compress))
    image = open_image(str(tmp_path))
    assert final(image) == {"a", "b"}
    assert image.layers[0].unpacked == len(layer_tar({"a": "x" * 3_000_000, "b": "y"}))


def test_zstd_without_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tar = layer_tar({"a": "x"})
    layout = Layout(tmp_path)
    blob = layout.blob(b"\x28\xb5\x2f\xfd" + b"x" * 20, LAYER + "+zstd")
    layout.index(layout.manifest([blob], config_json([tar], {})))
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    assert "pip install backports.zstd" in error_of(tmp_path)


def test_gzip_of_several_members(tmp_path: Path) -> None:
    """As eStargz layers are: every file a member of its own."""
    tar = layer_tar({f"f{i}": str(i) * 700 for i in range(300)})
    parts = b"".join(gzip.compress(tar[at : at + 1000]) for at in range(0, len(tar), 1000))
    layout = Layout(tmp_path)
    layout.index(layout.manifest([layout.blob(parts, LAYER + "+gzip")], config_json([tar], {})))
    assert len(final(open_image(str(tmp_path)))) == 300


def test_zstd_frames_and_skippable_ones(tmp_path: Path) -> None:
    zstd = pytest.importorskip("backports.zstd")
    tar = layer_tar({"a": "x" * 5000, "b": "y"})
    skippable = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"notes"
    parts = skippable + zstd.compress(tar[:4000]) + zstd.compress(tar[4000:]) + skippable
    layout = Layout(tmp_path)
    layout.index(layout.manifest([layout.blob(parts, LAYER + "+zstd")], config_json([tar], {})))
    assert final(open_image(str(tmp_path))) == {"a", "b"}


# -- several images


def test_platforms(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    amd = layout.image([{"app": "x86"}])
    arm = layout.image([{"app": "arm"}], architecture="arm64", variant="v8")
    attestation = layout.document(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": layout.blob(b"{}", "application/vnd.oci.image.config.v1+json"),
            "layers": [layout.blob(b'{"a": 1}', "application/vnd.in-toto+json")],
        },
        platform={"os": "unknown", "architecture": "unknown"},
        annotations={"vnd.docker.reference.type": "attestation-manifest"},
    )
    inner = layout.document(
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [amd, arm, attestation]}
    )
    layout.index(inner)
    images = read_images(str(tmp_path), name="app")
    assert [image.name for image in images] == ["app (linux/amd64)", "app (linux/arm64/v8)"]
    assert {image.root_digest for image in images} == {inner["digest"]}
    for wanted, found in (("linux/amd64", amd), ("linux/arm64", arm), ("linux/arm64/v8", arm)):
        assert open_image(str(tmp_path), platform=wanted).digest == found["digest"]
    assert "choose one of linux/amd64, linux/arm64/v8" in error_of(tmp_path, platform="linux/s390x")
    with pytest.raises(ImageError, match="holds 2 images"):
        open_image(str(tmp_path))
    # an attestation is no image, but it is verified
    layer = json.loads(layout.path(attestation["digest"]).read_bytes())["layers"][0]
    layout.path(layer["digest"]).write_bytes(b'{"a": 2}')
    assert layer["digest"] in error_of(tmp_path)


def test_an_image_that_calls_itself_attestation_is_read(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    image = layout.image([{"root/.env": f"GITHUB_TOKEN={TOKEN}\n"}])
    image["platform"] = {"os": "unknown", "architecture": "unknown"}
    image["annotations"] = {"vnd.docker.reference.type": "attestation-manifest"}
    layout.index(image)
    assert open_image(str(tmp_path)).layers[0].secrets


# -- what is not whole


def one_layer(folder: Path) -> tuple[Layout, Path]:
    """A layout of one image and the place of its layer's blob."""
    layout = Layout(folder)
    manifest = layout.image([{"a": os.urandom(3000)}])
    layout.index(manifest)
    document = json.loads(layout.path(manifest["digest"]).read_bytes())
    return layout, layout.path(document["layers"][0]["digest"])


def test_another_content(tmp_path: Path) -> None:
    _, blob = one_layer(tmp_path)
    data = bytearray(blob.read_bytes())
    data[len(data) // 2] ^= 1
    blob.write_bytes(data)
    text = error_of(tmp_path)
    assert "has another content" in text
    assert blob.name in text


def test_cut_short(tmp_path: Path) -> None:
    _, blob = one_layer(tmp_path)
    blob.write_bytes(blob.read_bytes()[:-10])
    assert "bytes where" in error_of(tmp_path)


def test_missing(tmp_path: Path) -> None:
    _, blob = one_layer(tmp_path)
    blob.unlink()
    assert f"{blob.name}: is missing" in error_of(tmp_path)


def test_diff_id_of_another_tar(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    tars = [layer_tar({"a": "1"})]
    layout.index(layout.manifest(layout.layers(tars), config_json([layer_tar({"b": "1"})], {})))
    assert "diff_id" in error_of(tmp_path)


def test_fewer_diff_ids_than_layers(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    tars = [layer_tar({"a": "1"}), layer_tar({"b": "1"})]
    layout.index(layout.manifest(layout.layers(tars), config_json(tars[:1], {})))
    assert "1 diff_ids for 2 layers" in error_of(tmp_path)


def test_docker_save_with_another_layer(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.tar", [{"a": "1"}])
    data = (tmp_path / "a.tar").read_bytes()
    at = data.index(b"1" + b"\0" * 511, 1024)
    (tmp_path / "a.tar").write_bytes(data[:at] + b"2" + data[at + 1 :])
    assert "diff_id" in error_of(tmp_path / "a.tar")


def test_archive_cut_short(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.tar", [{"a": "1" * 50_000}])
    data = (tmp_path / "a.tar").read_bytes()
    for end in (len(data) // 2, 700, 512, 100, 1, 0):
        (tmp_path / "cut.tar").write_bytes(data[:end])
        error_of(tmp_path / "cut.tar")
    (tmp_path / "cut.tar.gz").write_bytes(gzip.compress(data)[:-20])
    assert "cut short" in error_of(tmp_path / "cut.tar.gz")


def set_index(layout: Layout, change: Callable[[dict[str, Any]], None]) -> None:
    path = layout.folder / "index.json"
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document))


def test_a_digest_that_is_a_path(tmp_path: Path) -> None:
    layout, _ = one_layer(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("{}")
    set_index(layout, lambda d: d["manifests"][0].update(digest="sha256:../../secret", size=2))
    assert "is no sha256 or sha512 digest" in error_of(tmp_path)


def test_a_manifest_that_names_itself(tmp_path: Path) -> None:
    """Only with another content than its name says; that is what is told."""
    layout = Layout(tmp_path)
    digest = "sha256:" + "ab" * 32
    itself = {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
    entry = {"mediaType": INDEX, "digest": digest, "size": 250}
    itself["manifests"] = [entry]
    data = json.dumps(itself).ljust(250).encode()
    layout.path(digest).write_bytes(data)
    layout.index({**entry, "size": len(data)})
    assert "has another content" in error_of(tmp_path)


def test_indexes_without_end(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    one = layout.image([{"a": "1"}])
    for _ in range(20):
        one = layout.document({"schemaVersion": 2, "mediaType": INDEX, "manifests": [one]})
    layout.index(one)
    assert "8 is the most" in error_of(tmp_path)


def test_too_many_manifests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockgate.builder.walk.MAX_MANIFESTS", 10)
    layout = Layout(tmp_path)
    one = layout.image([{"a": "1"}])
    layout.index(*[one] * 11)
    assert "more than 10 manifests" in error_of(tmp_path)


def test_a_document_that_is_index_and_manifest(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "layers": [], "config": {}}
    layout.index(layout.document(document))
    assert "both an index and a manifest" in error_of(tmp_path)


def test_a_manifest_called_an_index(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    one = layout.image([{"a": "1"}])
    layout.index({**one, "mediaType": INDEX})
    assert "is a manifest, but is called" in error_of(tmp_path)


def test_fields_that_differ_in_case_only(tmp_path: Path) -> None:
    """Engines take the last of `User` and `USER`; a scanner that took the first would be blind."""
    layout = Layout(tmp_path)
    layout.index(layout.image([{"a": "1"}], {"User": "1000", "USER": "root"}))
    assert "'User' and 'USER' are one field" in error_of(tmp_path)
    layout.index(layout.image([{"a": "1"}], {"user": "1000"}))
    assert open_image(str(tmp_path)).config.user == "1000"


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (b"", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "something else where an object"),
        (b'{"manifests": 3}', "no array"),
        (b'{"manifests": [3]}', "something else where an object"),
        (b'{"manifests": [{"digest": "x"}]}', "without digest or size"),
        (b'{"manifests": [{"digest": "x", "size": true}]}', "no integer"),
        (b'{"manifests": []}', "holds no image"),
        (b'{"manifests": [{"digest": "x\\u001b\\n", "size": 3}]}', "is no sha256"),
        (
            b'{"manifests": [{"digest": "x", "size": 1%s}]}' % (b"0" * 4000),
            "without digest or size",
        ),
        (b'{"%s": [], "MANIFESTS": []}' % b"manifests", "are one field"),
        (b'{"manifests": [], "manifests": []}', "stands twice"),
        (b'{"schemaVersion": 2}', "is no index"),
    ],
)
def test_index_that_is_none(tmp_path: Path, index: bytes, said: str) -> None:
    Layout(tmp_path)
    (tmp_path / "index.json").write_bytes(index)
    assert said in error_of(tmp_path)


def test_only_an_artifact(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    config = layout.blob(b"{}", "application/vnd.oci.empty.v1+json")
    chart = layout.blob(b"chart", "application/vnd.cncf.helm.chart.content.v1")
    layout.index(
        layout.document(
            {
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "config": config,
                "layers": [chart],
            }
        )
    )
    assert "holds no image" in error_of(tmp_path)


def test_what_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no index.json" in error_of(tmp_path / "empty")
    (tmp_path / "text").write_text("hello")
    assert "is no image" in error_of(tmp_path / "text")
    (tmp_path / "rootfs.tar").write_bytes(layer_tar({"etc/passwd": "root:x:0:0::/:/bin/sh"}))
    assert "no index.json (OCI layout) and no manifest.json" in error_of(tmp_path / "rootfs.tar")
    (tmp_path / "zero").write_bytes(b"\0" * 20_000)
    assert "is no image" in error_of(tmp_path / "zero")
    (tmp_path / "page.gz").write_bytes(gzip.compress(b"hello"))
    assert "is no image" in error_of(tmp_path / "page.gz")
    assert "cannot be opened: No such file" in error_of(tmp_path / "away")
    os.mkfifo(tmp_path / "fifo")
    assert "is no file and no folder" in error_of(tmp_path / "fifo")
    layout = Layout(tmp_path / "pipe")
    os.mkfifo(layout.folder / "index.json")
    assert "index.json is no file" in error_of(tmp_path / "pipe")


# -- layers that cannot be looked into


def test_encrypted_and_foreign_layers(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    tars = [layer_tar({"a": "1"}), layer_tar({"b": "1"}), layer_tar({"c": "1"})]
    foreign = layout.blob(tars[1], "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    foreign["urls"] = ["https://example.com/layer"]
    layout.path(foreign["digest"]).unlink()
    encrypted = layout.blob(os.urandom(100), LAYER + "+gzip+encrypted")
    strange = layout.blob(b"wasm", "application/wasm")
    layout.index(layout.manifest([encrypted, foreign, strange], config_json(tars, {})))
    unread = [layer.unread for layer in open_image(str(tmp_path)).layers]
    assert unread == [
        "it is encrypted",
        "it is foreign: kept outside of the image",
        "it is of the unknown type application/wasm",
    ]
    layout.path(encrypted["digest"]).write_bytes(os.urandom(100))
    assert "has another content" in error_of(tmp_path)


def test_a_search_that_fails_is_not_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_search: object, _data: bytes, *, last: bool) -> None:
        raise ValueError("oh")

    monkeypatch.setattr("dockgate.builder.secret_reader.FileSearch.feed", fail)
    write_layout(tmp_path, [{"a": "1"}], {})
    assert "ValueError: oh" in open_image(str(tmp_path)).layers[0].unread


@pytest.mark.parametrize(("first", "last"), [("1", link("other")), (link("other"), "1")])
def test_of_two_with_one_name_the_last_counts(tmp_path: Path, first: Any, last: Any) -> None:
    archive = tmp_path / "image.tar"
    archive.write_bytes(in_one_tar({"other": "2"}, {"x": first}, {"x": last}))
    with closing(open_store(str(archive))) as store:
        found = store.find("x")
        assert found is not None
        assert found.read(10) == (b"1" if last == "1" else b"2")


def test_a_configuration_of_a_million_steps(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.index(layout.image([{"a": "1"}], {"history": [{}] * 1_000_000}))
    assert "1,000,000 items in 'history'" in error_of(tmp_path)
