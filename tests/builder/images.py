"""Makes real images on disk from a description: OCI layouts and `docker save` archives."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.bounds import ImageError
from dockgate.builder.layout import read_images
from dockgate.rules.rule import File

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"

#: A layer: files by path (None: a whiteout of the path; a path that ends with `/`: a folder), or
#: the bytes of a tar.
LayerFiles = Mapping[str, "str | bytes | File | tarfile.TarInfo | None"] | bytes


#: A token that is nobody's, of the form that GitHub gives out.
TOKEN = "ghp_" + "a8Fk29dkLmQp03nXz71bVcRt5YwEh4Jg6UoS"


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def layer_tar(files: LayerFiles, form: int = tarfile.PAX_FORMAT) -> bytes:
    """The tar of a layer; a TarInfo stands for itself, under the path that is its key."""
    if isinstance(files, bytes):
        return files
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for path, given in files.items():
            if isinstance(given, tarfile.TarInfo):
                given.name = path
                tar.addfile(given)
                continue
            if given is None:
                folder, _, name = path.rpartition("/")
                path = f"{folder}/.wh.{name}" if folder else f".wh.{name}"
                given = File("")
            elif not isinstance(given, File):
                given = File(given)
            content = given.content
            data = content.encode() if isinstance(content, str) else content
            data = data.ljust(given.size, b"\0")
            info = tarfile.TarInfo(path.rstrip("/"))
            info.mode, info.uid, info.gid = given.mode, given.uid, given.gid
            info.pax_headers = {
                f"SCHILY.xattr.{name}": value.decode("utf-8", "surrogateescape")
                for name, value in given.xattrs.items()
            }
            if given.link:
                info.type, info.linkname = tarfile.SYMTYPE, given.link
                tar.addfile(info)
                continue
            if path.endswith("/"):
                info.type = tarfile.DIRTYPE
                info.mode = given.mode if given.mode != 0o644 else 0o755
                tar.addfile(info)
            else:
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def in_one_tar(*parts: LayerFiles) -> bytes:
    """One tar of all parts, in which a path may stand twice."""
    whole = b""
    for part in parts:
        data = layer_tar(part)
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            last = tar.getmembers()[-1]
        whole += data[: last.offset_data + -(-last.size // 512) * 512]
    return whole + bytes(1024)


def link(target: str, *, hard: bool = False) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type = tarfile.LNKTYPE if hard else tarfile.SYMTYPE
    info.linkname = target
    return info


def config_json(tars: Sequence[bytes], config: Mapping[str, Any], **further: Any) -> bytes:
    """A configuration: `config` is its object of that name; "history" in it, a list of the
    steps' `created_by` or of whole steps, becomes the configuration's own; so does "created"."""
    run = dict(config)
    history = [
        {"created_by": step} if isinstance(step, str) else step for step in run.pop("history", ())
    ]
    document = {
        "architecture": "amd64",
        "os": "linux",
        "config": run,
        "rootfs": {"type": "layers", "diff_ids": [digest_of(tar) for tar in tars]},
        "history": history,
        **({"created": run.pop("created")} if "created" in run else {}),
        **further,
    }
    return json.dumps(document).encode()


class Layout:
    """An OCI layout folder that is being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def path(self, digest: str) -> Path:
        return self.folder / "blobs" / digest.replace(":", "/")

    def blob(self, data: bytes, media_type: str, **further: Any) -> dict[str, Any]:
        """Write a blob; its descriptor."""
        digest = digest_of(data)
        self.path(digest).write_bytes(data)
        return {"mediaType": media_type, "digest": digest, "size": len(data), **further}

    def document(self, document: Mapping[str, Any], **further: Any) -> dict[str, Any]:
        """Write a manifest or index; its descriptor."""
        return self.blob(json.dumps(document).encode(), str(document["mediaType"]), **further)

    def layers(self, tars: Sequence[bytes], compress: str = "gzip") -> list[dict[str, Any]]:
        if compress == "gzip":
            return [self.blob(gzip.compress(t, 1, mtime=0), LAYER + "+gzip") for t in tars]
        if compress == "zstd":
            from backports import zstd

            return [self.blob(zstd.compress(t), LAYER + "+zstd") for t in tars]
        return [self.blob(t, LAYER) for t in tars]

    def image(
        self,
        layers: Sequence[LayerFiles],
        config: Mapping[str, Any] | None = None,
        *,
        compress: str = "gzip",
        **further: Any,
    ) -> dict[str, Any]:
        """Write an image; its manifest's descriptor. `further` goes into its configuration."""
        tars = [layer_tar(layer) for layer in layers]
        return self.manifest(
            self.layers(tars, compress), config_json(tars, config or {}, **further)
        )

    def manifest(self, layers: Sequence[Mapping[str, Any]], config: bytes) -> dict[str, Any]:
        return self.document(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": self.blob(config, CONFIG),
                "layers": list(layers),
            }
        )

    def index(self, *manifests: Mapping[str, Any]) -> None:
        """Write index.json."""
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(manifests)}
        (self.folder / "index.json").write_text(json.dumps(document))

    def pack(self, path: Path) -> Path:
        """The layout as an OCI tar; gzip'd when the name ends so."""
        mode = "w:gz" if path.suffix == ".gz" else "w"
        with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
            for file in sorted(self.folder.rglob("*")):
                tar.add(file, file.relative_to(self.folder), recursive=False)
        return path


def write_layout(
    folder: Path,
    layers: Sequence[Mapping[str, str | bytes | File | None]],
    config: Mapping[str, Any],
) -> str:
    """An OCI layout with one image; the digest of its manifest."""
    layout = Layout(folder)
    manifest = layout.image(layers, config)
    layout.index(manifest)
    return str(manifest["digest"])


def write_archive(
    path: Path,
    layers: Sequence[LayerFiles],
    config: Mapping[str, Any] | None = None,
    *,
    tag: str = "app:1",
) -> str:
    """A `docker save` archive as Docker before 25 made it; the digest of its configuration.

    A layer that equals an earlier one is a symbolic link to it, as it was there.
    """
    tars = [layer_tar(layer) for layer in layers]
    document = config_json(tars, config or {})
    name = digest_of(document).removeprefix("sha256:")
    known: dict[bytes, str] = {}
    members: list[tarfile.TarInfo | tuple[str, bytes]] = []
    paths = []
    for number, tar in enumerate(tars):
        folder = f"{number:064x}"
        paths.append(f"{folder}/layer.tar")
        if tar in known:
            info = link(f"../{known[tar]}")
            info.name = paths[-1]
            members.append(info)
        else:
            known[tar] = paths[-1]
            members.append((paths[-1], tar))
        members.append((f"{folder}/VERSION", b"1.0"))
    members.append((f"{name}.json", document))
    listing = [{"Config": f"{name}.json", "RepoTags": [tag], "Layers": paths}]
    members.append(("manifest.json", json.dumps(listing).encode()))
    mode = "w:gz" if path.suffix == ".gz" else "w"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for member in members:
            if isinstance(member, tuple):
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
            else:
                archive.addfile(member)
    return digest_of(document)


def error_of(source: Path, **arguments: Any) -> str:
    """The one line that reading ends with."""
    with pytest.raises(ImageError) as caught:
        read_images(str(source), **arguments)
    text = str(caught.value)
    assert text.startswith(str(source) + ": ")
    assert text.isprintable()
    assert len(text) < 600
    return text
