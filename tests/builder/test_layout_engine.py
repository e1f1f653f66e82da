"""What engines write is what they run: the merged file system equals `docker export`'s."""

from __future__ import annotations

import io
import posixpath
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockgate.builder.layout import open_image, read_images
from dockgate.rules.subjects.image import Image
from tests.engine.client import Engine

DOCKERFILE = """\
FROM debian:bookworm-slim
ARG TOKEN=ghp_{token}
RUN mkdir -p /w/a/b /w/keep /w/again && echo 1 > /w/a/b/file && echo 2 > /w/keep/file \\
    && echo 3 > /w/again/old && ln -s keep /w/link && ln /w/keep/file /w/keep/hard \\
    && ln -s ../missing /w/dangling && mkfifo /w/pipe \\
    && cp /bin/true /w/setuid && chmod 4755 /w/setuid && cp /bin/true /w/setgid \\
    && chmod 2755 /w/setgid && chown 1000:2000 /w/setgid && chmod 1777 /w/again \\
    && echo "key=$TOKEN" > /w/token
RUN rm -r /w/a /w/token && rm -r /w/again && mkdir /w/again && echo 4 > /w/again/new
RUN rm /w/link && mkdir /w/link && echo 5 > /w/link/inside && rm -r /w/keep && echo 6 > /w/keep
RUN long=/w/$(printf 'd%.0s' $(seq 120))/$(printf 'e%.0s' $(seq 120)) && mkdir -p "$long" \\
    && echo 7 > "$long/ünïcode name"
RUN truncate -s 3000000 /w/holes && echo end >> /w/holes && rm /etc/issue
HEALTHCHECK CMD true
USER 1000
"""
TOKEN = "a8Fk29dkLmQp03nXz71bVcRt5YwEh4Jg6UoS"
#: What a container has that its image has not.
RUNTIME = ("dev", "proc", "sys", ".dockerenv", "etc/hostname", "etc/hosts", "etc/resolv.conf",
           "etc/mtab")  # fmt: skip
KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.DIRTYPE: "dir",
    tarfile.SYMTYPE: "symlink",
    tarfile.LNKTYPE: "hardlink",
    tarfile.FIFOTYPE: "fifo",
}
#: kind, mode, uid, gid, size, link target
Row = tuple[str, int, int, int, int, str]


def is_runtime(path: str) -> bool:
    return any(path == one or path.startswith(one + "/") for one in RUNTIME)


def exported(engine: Engine, image: str) -> dict[str, Row]:
    """The tree of a container of the image, by Python's tarfile; hard links as plain files."""
    container = engine.run("create", image, "true").strip()
    try:
        data = subprocess.run(
            [engine.docker, "export", container], env=engine.env, capture_output=True, check=True
        ).stdout
    finally:
        engine.run("rm", container)
    rows: dict[str, Row] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            path = posixpath.normpath(member.name).lstrip("/")
            link = member.linkname if member.issym() else ""
            kind, size = KINDS[member.type], member.size
            if member.islnk():
                kind, size = "file", rows[member.linkname][4]
            if not is_runtime(path) and path != ".":
                rows[path] = (kind, member.mode, member.uid, member.gid, size, link)
    return rows


def seen(image: Image) -> dict[str, Row]:
    """The same of what was read."""
    final = image.final()
    rows: dict[str, Row] = {}
    for path, (_, entry) in final.items():
        kind, size, link = entry.kind, entry.size, entry.link
        if kind == "hardlink":
            kind, size, link = "file", final[link][1].size if link in final else -1, ""
        if not is_runtime(path):
            rows[path] = (kind, entry.mode, entry.uid, entry.gid, size, link)
    return rows


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("context")
    (folder / "Dockerfile").write_text(DOCKERFILE.replace("{token}", TOKEN))
    return folder


@pytest.fixture(scope="module")
def name(engine: Engine, context: Path) -> Iterator[str]:
    """The image in the engine."""
    yield from loaded(engine, context)


def loaded(engine: Engine, context: Path) -> Iterator[str]:
    tag = "dockgate-layout-test:1"
    engine.run("buildx", "build", "--quiet", "--load", "-t", tag, str(context))
    yield tag
    engine.run("rmi", tag)


def check(image: Image, expected: dict[str, Row]) -> None:
    assert seen(image) == expected
    assert len(expected) > 500
    assert image.platform.startswith("linux/")
    assert image.config.user == "1000"
    assert image.config.healthcheck == ["CMD-SHELL", "true"]
    found = {
        (secret.path, image.fate(layer, secret.path))
        for layer in image.layers
        for secret in layer.secrets
    }
    assert found == {("w/token", "deleted")}
    assert any(where.startswith("History") for where, _ in image.config.secrets)
    assert TOKEN not in repr([layer.secrets for layer in image.layers])
    assert all("RUN" in layer.created_by for layer in image.layers[-5:])


@pytest.mark.parametrize(
    "output",
    [
        "type=oci,tar=false,dest={}",
        "type=oci,dest={}",
        "type=docker,dest={}",
        "type=oci,tar=false,compression=uncompressed,force-compression=true,dest={}",
        "type=oci,tar=false,compression=zstd,force-compression=true,dest={}",
        "type=oci,tar=false,compression=estargz,force-compression=true,oci-mediatypes=true,dest={}",
    ],
)
def test_buildkit_outputs(
    engine: Engine, context: Path, name: str, tmp_path: Path, output: str
) -> None:
    if "zstd" in output:
        pytest.importorskip("backports.zstd")
    target = str(tmp_path / "image")
    engine.run("buildx", "build", "--quiet", "-o", output.format(target), str(context))
    check(open_image(target), exported(engine, name))


def test_docker_save(engine: Engine, name: str, tmp_path: Path) -> None:
    target = str(tmp_path / "saved.tar")
    engine.run("save", "-o", target, name)
    check(open_image(target), exported(engine, name))
    subprocess.run(["gzip", "-1", target], check=True)
    check(open_image(target + ".gz"), exported(engine, name))


def test_docker_save_of_the_classic_store(
    classic_engine: Engine, context: Path, tmp_path: Path
) -> None:
    target = str(tmp_path / "saved.tar")
    for name in loaded(classic_engine, context):
        classic_engine.run("save", "-o", target, name)
        image = open_image(target)
        expected = exported(classic_engine, name)
        identity = classic_engine.run("inspect", "--format", "{{.Id}}", name).strip()
    check(image, expected)
    assert image.config_digest == identity


def test_docker_save_of_two_images(engine: Engine, name: str, tmp_path: Path) -> None:
    target = str(tmp_path / "saved.tar")
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /here\n")
    other = "dockgate-layout-test:2"
    engine.run("buildx", "build", "--quiet", "--load", "-t", other, str(tmp_path))
    try:
        engine.run("save", "-o", target, name, other)
    finally:
        engine.run("rmi", other)
    images = sorted(read_images(target, name="both"), key=lambda image: image.name)
    assert [image.name for image in images] == [
        f"both (docker.io/library/{tag})" for tag in (name, other)
    ]
    check(images[0], exported(engine, name))
    assert set(images[1].final()) == {"here"}


def test_build_arguments_in_the_provenance(engine: Engine, tmp_path: Path) -> None:
    """Of a stage that leaves nothing else in the image."""
    (tmp_path / "Dockerfile").write_text(
        "FROM debian:bookworm-slim AS build\nARG GITHUB_TOKEN\nRUN echo 1 > /made\n"
        "FROM scratch\nCOPY --from=build /made /made\n"
    )
    build = ["buildx", "build", "--quiet", "--build-arg", f"GITHUB_TOKEN=ghp_{TOKEN}"]
    for mode, expected in (("max", ["Provenance GITHUB_TOKEN"]), ("min", [])):
        target = str(tmp_path / mode)
        output = f"type=oci,tar=false,dest={target}"
        engine.run(*build, f"--provenance=mode={mode}", "-o", output, str(tmp_path))
        found = open_image(target).config.secrets
        assert [where for where, _ in found] == expected
        assert TOKEN not in repr(found)
