"""Images in a registry: read by layer, without an engine, every byte verified."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockgate.builder.reference import parse
from dockgate.builder.registry import Registry
from dockgate.builder.transfer import Layout as Judged
from dockgate.rules.subjects.image import Image
from tests.engine.client import Engine

from .images import INDEX, TOKEN, LayerFiles, Layout
from .running import Gate


@pytest.fixture
def gate(engine: Engine, tmp_path: Path) -> Gate:
    (tmp_path / "temporary").mkdir()
    return Gate(engine, tmp_path / "temporary", {"DOCKER_HOST": "unix:///nowhere.sock"})


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path / "l")
    files: LayerFiles = {
        "etc/": "", "app/.env": f"GITHUB_TOKEN={TOKEN}\n", "app/large": os.urandom(3 << 20),
    }  # fmt: skip
    layers: list[LayerFiles] = [files, {"app/.env": None, "app/new": "1"}]
    here = layout.image(layers, {"User": "1"})
    away = layout.image([{"app/arm": "1"}], {"User": "1"}, architecture="arm64")
    layout.index(
        layout.document({"schemaVersion": 2, "mediaType": INDEX, "manifests": [here, away]})
    )
    return layout


@pytest.fixture
def name(engine: Engine, layout: Layout) -> str:
    """It is pushed under this name."""
    repository = f"dockgate-test/{os.urandom(4).hex()}"
    judged = Judged(layout.folder)
    with Registry(engine.registry) as registry:
        for blob in judged.closure():
            if "manifest" in blob.media_type or "index" in blob.media_type:
                data = judged.manifest(blob)
                registry.put_manifest(repository, data, blob.media_type, blob.digest)
            else:
                path = judged.path(blob)

                def body(path: Path = path) -> Iterator[bytes]:
                    yield path.read_bytes()

                registry.put_blob(repository, blob, body)
        top = judged.manifest(judged.top)
        registry.put_manifest(repository, top, judged.top.media_type, "1")
    return f"{engine.registry}/{repository}:1"


def read(name: str, platform: str | None = None) -> list[Image]:
    from dockgate.builder.layout import read_images
    from dockgate.builder.remote import open_remote

    return read_images(name, store=open_remote(parse(name), None), platform=platform)


def test_equals_the_layout(name: str, layout: Layout) -> None:
    from dockgate.builder.layout import read_images

    expected = read_images(str(layout.folder), name=name)
    for one, other in zip(read(name), expected, strict=True):
        assert (one.name, one.digest, one.root_digest) == (
            other.name,
            other.digest,
            other.root_digest,
        )
        assert list(one.final().items()) != []
        assert [(p, e) for p, (_, e) in one.final().items()] == [
            (p, e) for p, (_, e) in other.final().items()
        ]
        assert [layer.secrets for layer in one.layers] == [layer.secrets for layer in other.layers]


def test_one_platform(name: str) -> None:
    (image,) = read(name, platform="linux/arm64")
    assert set(image.final()) == {"app/arm"}


def test_scan_without_an_engine(gate: Gate, name: str, layout: Layout) -> None:
    digest = json.loads((layout.folder / "index.json").read_text())["manifests"][0]["digest"]
    for one in (name, f"{name.rpartition(':')[0]}@{digest}"):
        result = gate("scan", "--format", "json", one)
        assert result.json["digest"] == digest
        assert result.exit == 1, result.out
        assert TOKEN not in result.out
    other = gate("scan", f"{name.rpartition(':')[0]}@sha256:{'0' * 64}")
    assert other.exit == 3
    assert "no registry gives it" in other.out


class Wrong:
    """A registry's answer with another content."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    def iter_raw(self, _size: int) -> Iterator[bytes]:
        yield from self.pieces

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([b"x" * 500], "has another content"),
        ([], "has another content"),
        ([b"x" * (8 << 20)], "more than the"),
    ],
)
def test_what_a_registry_answers_is_not_believed(
    name: str, pieces: list[bytes], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Registry.open_blob

    def answer(registry: Registry, repository: str, digest: str) -> object:
        found = real(registry, repository, digest)
        if found is not None and int(found.headers["Content-Length"]) > 1 << 20:
            found.close()
            return Wrong(pieces)
        return found

    monkeypatch.setattr(Registry, "open_blob", answer)
    with pytest.raises(Exception, match=said):
        read(name)
