"""What tests of scanners' reports share: an image, and a report in a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dockgate.builder.scanners.reading import read
from dockgate.builder.scanners.scanner_report import ScannerReport
from dockgate.rules.subjects.image import Image, ImageConfig, Layer

DIGEST, OTHER, CONFIG, DIFF = (f"sha256:{letter * 64}" for letter in "abcd")
LAYER = "sha256:" + "e" * 64


def written(folder: Path, document: Any) -> str:
    """The path of a file with a document, or with a text as it is."""
    path = folder / "report.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return str(path)


def of(folder: Path, document: Any) -> ScannerReport:
    """What a document says."""
    return read(written(folder, document))


def rows(report: ScannerReport) -> list[tuple[str, str, str, str, str, float | None]]:
    """A report's vulnerabilities: id, package, version, fixed version, band, score."""
    return [
        (v.id, v.package, v.version, v.fixed, v.band, v.score) for v in report.vulnerabilities
    ]  # fmt: skip


def image() -> Image:
    """The image that reports are about."""
    layer = Layer(0, LAYER, 1, "")
    layer.diff_id = DIFF
    found = Image("app:1", DIGEST, ImageConfig(), [layer])
    found.config_digest = CONFIG
    return found
