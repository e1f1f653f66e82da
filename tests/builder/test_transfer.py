"""A layout on its way out: its blobs in order, and a tar that an engine can load."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from dockgate.builder.bounds import ImageError
from dockgate.builder.transfer import Layout
from tests.builder.test_registry import write_layout


def test_children_come_before_what_names_them(tmp_path: Path) -> None:
    digest = write_layout(tmp_path)
    layout = Layout(tmp_path)
    closure = layout.closure()
    assert closure[-1].digest == layout.top.digest == digest
    assert len(closure) == 3


def test_the_archive_holds_both_forms_and_its_names_last(tmp_path: Path) -> None:
    digest = write_layout(tmp_path)
    data = b"".join(Layout(tmp_path).archive(["docker.io/library/a:1", "r.example.com/b:2"]))
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        names = archive.getnames()
        index = json.loads(archive.extractfile("index.json").read())  # type: ignore[union-attr]
        listing = json.loads(archive.extractfile("manifest.json").read())  # type: ignore[union-attr]
    assert names[-1] == "index.json"
    assert [entry["digest"] for entry in index["manifests"]] == [digest, digest]
    assert listing[0]["RepoTags"] == ["docker.io/library/a:1", "r.example.com/b:2"]
    assert listing[0]["Config"] in names
    assert set(listing[0]["Layers"]) < set(names)


@pytest.mark.parametrize("name", ["index.json", "manifest", "layer", "size"])
def test_a_damaged_layout(tmp_path: Path, name: str) -> None:
    digest = write_layout(tmp_path)
    layout = Layout(tmp_path)
    blobs = layout.closure()
    if name == "index.json":
        (tmp_path / "index.json").write_text("{}")
    elif name == "manifest":
        layout.path(blobs[-1]).write_text("{}")
    elif name == "size":
        layout.path(blobs[1]).write_bytes(b"lay")
    else:
        layout.path(blobs[0]).unlink()
        layout.path(blobs[1]).unlink()
    with pytest.raises((ImageError, OSError)):
        b"".join(Layout(tmp_path).archive(["a:1"]))
    assert digest.startswith("sha256:")


def test_a_digest_that_leads_out_of_the_folder(tmp_path: Path) -> None:
    write_layout(tmp_path)
    index = json.loads((tmp_path / "index.json").read_text())
    index["manifests"][0]["digest"] = "sha256:../../../../etc/passwd"
    (tmp_path / "index.json").write_text(json.dumps(index))
    with pytest.raises(ImageError):
        Layout(tmp_path).closure()
