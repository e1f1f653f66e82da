"""Reports of scanners, from files: whose it is shows in its shape."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

from dockgate.builder.scanners import anchore, aqua, clair, grype, snyk, trivy
from dockgate.builder.scanners.scanner_report import MAX_BYTES, ReportError, ScannerReport
from dockgate.linter import files
from dockgate.linter.errors import UnfinishedError, UsageError
from dockgate.rules.subjects.image import Image, shown

#: Each scanner's: whether a document is its report, and what that says.
READERS = (
    (trivy.is_report, trivy.parse),
    (grype.is_report, grype.parse),
    (anchore.is_report, anchore.parse),
    (clair.is_report, clair.parse),
    (snyk.is_report, snyk.parse),
    (aqua.is_report, aqua.parse),
)


def read(path: str) -> ScannerReport:
    """The report in a file. Raises UsageError for what is none of a scanner that is known.

    A report that does not say when it was made is as old as its file.
    """
    data = files.read(path, MAX_BYTES)
    try:
        report = recognised(json.loads(data))
    except (ReportError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is no report that can be read: {shown(str(error))}") from None
    if report is None:
        raise UsageError(f"{path}: is no JSON report of Trivy, grype, Anchore, Clair, Snyk or Aqua")
    if report.made is None:
        report.made = datetime.fromtimestamp(os.stat(path).st_mtime, UTC)
    return report


def recognised(document: Any) -> ScannerReport | None:
    """The report that a document is, None for none. Raises ReportError where it is broken."""
    for is_report, parse in READERS:
        if is_report(document):
            return parse(document)
    return None


def check_image(report: ScannerReport, image: Image, path: str, *, alone: bool) -> str:
    """Why it is not sure that the report is about this image; "" where it is.

    `alone`: its index holds no other image, so that the index' digest means this one.
    Raises UnfinishedError when it is about another one.
    """
    digests = {image.digest, image.config_digest, image.root_digest if alone else ""} - {""}
    layers = [layer.diff_id for layer in image.layers]
    if digests & report.digests or (report.diff_ids and report.diff_ids == layers):
        return ""
    if report.digests or report.diff_ids:
        said = sorted(report.digests) or report.diff_ids
        raise UnfinishedError(
            f"{path}: is a report about another image, {shown(said[0], 80)}: "
            f"scan {image.digest or image.name}"
        )
    if not report.of_image and image.has_config:
        return f"{path}: the report of {report.tool} is about something else than an image"
    if not report.names:
        return f"{path}: the report of {report.tool} does not say of which image"
    if image.name in report.names:
        return ""
    return (
        f"{path}: the report of {report.tool} is of {shown(sorted(report.names)[0], 100)}, "
        f"and does not say by digest whether that is {image.name}"
    )
