"""The engine by itself: what is built, loaded and saved is one digest throughout."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockgate.builder import gate, publish
from dockgate.builder.buildkit import Engine
from dockgate.builder.client import exports_oci, find_client
from dockgate.builder.layout import read_images
from dockgate.builder.reference import parse_tag
from dockgate.builder.request import make_request
from dockgate.builder.transfer import Layout
from dockgate.linter.errors import DockgateError, UnfinishedError
from tests.builder.running import FIXTURES
from tests.engine import client as tests_client


@pytest.fixture
def layout(engine: tests_client.Engine, tmp_path: Path) -> Layout:
    """An index of an image and its provenance, as newer engines build by themselves."""
    folder = tmp_path / "layout"
    engine.run(
        "buildx", "build", "--quiet", "--provenance=mode=min", "--output",
        f"type=oci,tar=false,dest={folder}", str(FIXTURES / "accepted"),
    )  # fmt: skip
    return Layout(folder)


@pytest.fixture
def name(engine: tests_client.Engine) -> Iterator[str]:
    name = f"dockgate-test/loaded-{os.urandom(4).hex()}:1"
    yield name
    engine.run("image", "rm", name)


def connect(engine: tests_client.Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    for key, value in engine.env.items():
        monkeypatch.setenv(key, value)
    return Engine(find_client())


def test_an_index_with_provenance_keeps_its_digest(
    engine: tests_client.Engine, layout: Layout, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(layout.closure()) > 4, "there is no provenance in it"
    connected = connect(engine, monkeypatch)
    connected.load(layout, [parse_tag(name)])
    assert connected.image_id(name) == layout.top.digest
    pushed = f"{engine.registry}/index-test:1"
    publish.push(layout, [parse_tag(pushed)], frozenset(), [])
    assert engine.manifest_digest("index-test", "1") == layout.top.digest
    images = read_images(str(layout.folder))
    assert [image.root_digest for image in images] == [layout.top.digest]


def test_a_layout_loads_into_a_classic_engine(
    engine: tests_client.Engine,
    classic_engine: tests_client.Engine,
    layout: Layout,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected = connect(classic_engine, monkeypatch)
    assert not exports_oci(connected.client, None)
    name = f"dockgate-test/loaded-{os.urandom(4).hex()}:1"
    connected.load(layout, [parse_tag(name)])
    assert connected.image_id(name) == layout.image().config.digest
    classic_engine.run("image", "rm", name)


def test_a_layout_that_is_cut_short_leaves_no_image(
    engine: tests_client.Engine, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = connect(engine, monkeypatch)
    before = engine.images()
    largest = max(layout.closure(), key=lambda blob: blob.size)
    path = layout.path(largest)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UnfinishedError):
        connected.load(layout, [parse_tag("dockgate-test/cut:1")])
    assert engine.images() == before


def test_an_exchanged_blob_is_not_loaded(
    engine: tests_client.Engine, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = connect(engine, monkeypatch)
    path = layout.path(layout.image().config)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"10001", b"00000"))
    before = engine.images()
    with pytest.raises(DockgateError, match="changed since it was judged"):
        connected.load(layout, [parse_tag("dockgate-test/exchanged:1")])
    assert engine.images() == before


def test_an_engine_that_ends_early_is_one_line(
    engine: tests_client.Engine, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = connect(engine, monkeypatch)
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such.sock")
    with pytest.raises(UnfinishedError, match="docker load failed") as caught:
        connected.load(layout, [parse_tag("dockgate-test/never:1")])
    assert "\n" not in str(caught.value)


def test_an_unknown_builder_is_one_line(
    classic_engine: tests_client.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = connect(classic_engine, monkeypatch)
    with pytest.raises(UnfinishedError, match="no-such-builder"):
        exports_oci(connected.client, "no-such-builder")


def test_buildkit_reads_the_dockerfile_that_was_judged(tmp_path: Path) -> None:
    context, folder = tmp_path / "context", tmp_path / "private"
    context.mkdir()
    folder.mkdir()
    (context / "a.Dockerfile").write_text("FROM scratch\n")
    (context / "a.Dockerfile.dockerignore").write_text("*.log\n")
    request = make_request(str(context), file=str(context / "a.Dockerfile"))
    judged = gate._private_copy(request, b"FROM judged\n", folder)
    assert judged.is_relative_to(folder)
    assert judged.name == "a.Dockerfile"
    assert judged.read_bytes() == b"FROM judged\n"
    assert judged.with_name("a.Dockerfile.dockerignore").read_text() == "*.log\n"
