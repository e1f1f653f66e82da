"""Runs Trivy or grype, where a user has one, over one image, without network.

The scanner's own data is used as it lies there; what is too old is told by its day. It runs in a
folder of its own, so that no configuration and no ignore file of the repository speaks.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from dockgate.builder.bounds import ImageError
from dockgate.builder.rootfs import is_root_filesystem
from dockgate.builder.scanners import grype, trivy
from dockgate.builder.scanners.process import PROBE_SECONDS, run
from dockgate.builder.scanners.scanner_report import (
    MAX_BYTES,
    ReportError,
    ScannerReport,
    day,
    mapping,
    text,
)
from dockgate.builder.store import find_blob, open_store
from dockgate.linter.errors import UnfinishedError
from dockgate.rules.subjects.image import Image

SECONDS = 900.0  #: for one image
#: Flags that keep Trivy from the network; those that a version does not know are left out.
_OFFLINE = (
    "--skip-db-update", "--skip-java-db-update", "--skip-check-update", "--skip-policy-update",
    "--skip-vex-repo-update", "--skip-version-check", "--offline-scan", "--disable-telemetry",
)  # fmt: skip
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Scanner(NamedTuple):
    """A scanner that is installed, with the day of its data; None where it has none."""

    name: str
    path: str
    data_as_of: datetime | None


def find(name: str) -> Scanner | None:
    """The scanner `name`, None when it is not installed. Raises UnfinishedError when it fails."""
    path = shutil.which(name)
    if path is None:
        return None
    if name == trivy.NAME:
        said = _json(run([path, "version", "--format", "json"], "/", PROBE_SECONDS), name)
        built = text(mapping(said, "VulnerabilityDB"), "UpdatedAt")
        return Scanner(name, path, day(built))
    with tempfile.TemporaryDirectory(prefix="dockgate-") as folder:
        # As for the scan: by the user's settings its data may lie elsewhere.
        command = [path, "db", "status", "-o", "json", "-c", _settings(Path(folder))]
        try:
            said = _json(run(command, folder, PROBE_SECONDS), name)
        except UnfinishedError:
            return Scanner(name, path, None)  # it fails where there is no data, or none that fits
    valid = isinstance(said, dict) and said.get("valid") is not False
    return Scanner(name, path, day(text(said, "built")) if valid else None)


def _settings(folder: Path) -> str:
    """A configuration of grype's that says nothing: with it, no other is looked for."""
    file = folder / "grype.yaml"
    file.write_text("{}\n")
    return str(file)


def scan(scanner: Scanner, source: str, image: Image, folder: Path) -> ScannerReport:
    """What it finds in an image of `source`. Raises UnfinishedError when it cannot tell.

    `folder`: a private one, for what the scanner is given and writes.
    """
    kind, place = _prepare(source, image, folder)
    output = folder / "report.json"
    if scanner.name == trivy.NAME:
        command = _trivy(scanner.path, kind, place, output)
    else:
        prefix = {"layout": "oci-dir", "archive": "docker-archive", "rootfs": "dir"}[kind]
        command = [
            scanner.path, f"{prefix}:{place}", "-o", "json", "--file", str(output),
            "-c", _settings(folder),
        ]  # fmt: skip
    run(command, str(folder), SECONDS)
    try:
        with output.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnfinishedError(f"{scanner.name} wrote no report: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise UnfinishedError(f"{scanner.name} wrote a report of more than {MAX_BYTES >> 20} MiB")
    document = _json(data, scanner.name)
    is_trivy = scanner.name == trivy.NAME
    try:
        if not (trivy.is_report(document) if is_trivy else grype.is_report(document)):
            raise ReportError("it is not in the form that is known")
        report = trivy.parse(document) if is_trivy else grype.parse(document)
    except ReportError as error:
        raise UnfinishedError(f"the report of {scanner.name} cannot be read: {error}") from None
    report.data_as_of = report.data_as_of or scanner.data_as_of
    return report


def _trivy(path: str, kind: str, place: str, output: Path) -> list[str]:
    command = "rootfs" if kind == "rootfs" else "image"
    known = run([path, command, "--help"], "/", PROBE_SECONDS).decode("utf-8", "replace").split()
    offline = [flag for flag in _OFFLINE if flag in known]
    if "--skip-db-update" not in offline:
        raise UnfinishedError("this Trivy cannot be kept from the network: install a current one")
    return [
        path, command, "--quiet", "--format", "json", "--output", str(output),
        "--scanners", "vuln", "--timeout", f"{SECONDS:.0f}s", *offline,
        *(["--input", place] if command == "image" else [place]),
    ]  # fmt: skip


def _prepare(source: str, image: Image, folder: Path) -> tuple[str, str]:
    """The image alone, as a scanner takes it: "layout", "archive" or "rootfs", and its path."""
    if not os.path.exists(source):
        raise UnfinishedError("the image is not on this machine: a scanner cannot be given it")
    if os.path.isdir(source) and is_root_filesystem(source):
        return "rootfs", os.path.abspath(source)
    layout = folder / "layout"
    try:
        store = open_store(source)
    except ImageError as error:
        raise UnfinishedError(f"{source}: {error}") from None
    try:
        manifest = find_blob(store, image.digest) if image.digest else None
        if manifest is None or image.digest == image.config_digest:
            return "archive", os.path.abspath(source)  # as `docker save` wrote it before OCI
        size = manifest.size
        layout.mkdir()
        if store.is_archive:
            for digest in _blobs(image):
                _copy(store, digest, layout)
        else:
            (layout / "blobs").symlink_to(Path(source).resolve() / "blobs")
    except ImageError as error:
        raise UnfinishedError(f"{source}: {error}") from None
    finally:
        store.close()
    descriptor = {"mediaType": _MANIFEST, "digest": image.digest, "size": size}
    index = {"schemaVersion": 2, "manifests": [descriptor]}
    (layout / "index.json").write_text(json.dumps(index))
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return "layout", str(layout)


def _blobs(image: Image) -> list[str]:
    layers = [layer.digest for layer in image.layers]
    return list(dict.fromkeys([image.digest, image.config_digest, *layers]))


def _copy(store: Any, digest: str, layout: Path) -> None:
    """One blob out of an archive; its name is its digest, which has been checked."""
    section = find_blob(store, digest)
    if section is None:
        return
    target = layout / "blobs" / digest.replace(":", "/")
    target.parent.mkdir(parents=True, exist_ok=True)
    with section, target.open("wb") as file:
        for piece in section.chunks():
            file.write(piece)


def _json(data: bytes, name: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise UnfinishedError(f"{name} did not answer in JSON: install a current one") from None
