"""Aqua: what its scanner CLI writes with `--jsonfile`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dockgate.builder.scanners.scanner_report import (
    ScannerReport,
    counted,
    day,
    digest,
    found,
    mapping,
    objects,
    rated,
    text,
)
from dockgate.rules.subjects.vulnerability import Vulnerability

NAME = "aqua"
_NEWER = ("nvd_score_v4", "nvd_score_v3", "aqua_score", "vendor_score_v3")
_WORDS = ("aqua_severity", "nvd_severity_v3", "vendor_severity", "nvd_severity")


def is_report(document: Any) -> bool:
    """Whether a JSON document is Aqua's."""
    return (
        isinstance(document, dict)
        and "image" in document
        and ("vulnerability_summary" in document or "cves_counts" in document)
    )


def parse(document: Any) -> ScannerReport:
    """Read a report. Raises ReportError."""
    ids = [text(document, "digest"), text(mapping(document, "metadata"), "image_id")]
    resources = objects(document, "resources")
    return ScannerReport(
        NAME,
        counted(one for resource in resources for one in _of_resource(resource)),
        digests={one for one in map(digest, ids) if one},
        names={text(document, "image")} - {""},
        made=day(text(document, "scan_started") if isinstance(document.get("scan_started"), str)
                 else text(document, "scan_date")),
        looked="resources" in document,
    )  # fmt: skip


def _of_resource(entry: dict[str, Any]) -> Iterator[Vulnerability]:
    resource = mapping(entry, "resource")
    for one in objects(entry, "vulnerabilities"):
        newer = [one.get(key) for key in _NEWER]
        yield found(
            NAME,
            text(one, "name", required=True),
            rated(newer if any(newer) else [one.get("nvd_score")], [one.get(k) for k in _WORDS]),
            text(resource, "name") or text(resource, "path", required=True),
            text(resource, "version"),
            fixed=text(one, "fix_version"),
            title=text(one, "description"),
            url=text(one, "nvd_url") or text(one, "vendor_url"),
            layer=digest(text(resource, "layer_digest")),
            path=text(resource, "path").lstrip("/"),
        )
