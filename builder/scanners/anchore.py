"""Anchore Engine and Anchore Enterprise on an image: their API, anchore-cli, anchorectl, the UI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dockgate.builder.scanners.scanner_report import (
    ReportError,
    ScannerReport,
    counted,
    day,
    digest,
    each,
    mapping,
    objects,
    rated,
    text,
    texts,
)
from dockgate.rules.subjects.vulnerability import Vulnerability

NAME = "anchore"
#: What stands around the list of vulnerabilities, in the spelling of `_plain`.
_AROUND = {"imagedigest", "vulnerabilitytype", "sbomid"}
_NONE = ("", "None", "N/A")
#: `openssl-libs-1:1.1.1k-14.el8`: of RPM the version is what follows the last dash but one.
_RPM = re.compile(r"(.+)-([^-]+-[^-]+)")
_OTHER = re.compile(r"(.+?)-(\d.*)")


def is_report(document: Any) -> bool:
    """Whether a JSON document is what Anchore says of an image."""
    if isinstance(document, list):  # of anchorectl
        return bool(document) and all(
            isinstance(one, dict) and {"vuln", "packagename"} <= _plain(one).keys()
            for one in document
        )
    if not isinstance(document, dict):
        return False
    if isinstance(document.get("securityEvaluation"), list):
        return isinstance(document.get("metadata"), dict)
    return isinstance(document.get("vulnerabilities"), list) and bool(
        _AROUND & _plain(document).keys()
    )


def parse(document: Any) -> ScannerReport:
    """Read a report. Raises ReportError."""
    if isinstance(document, list):
        return ScannerReport(NAME, counted(found for one in document for found in _entry(one)))
    if "securityEvaluation" in document:
        return _evaluation(document)
    around = _plain(document)
    kind = text(around, "vulnerabilitytype")
    return ScannerReport(
        NAME,
        counted(found for one in objects(document, "vulnerabilities") for found in _entry(one)),
        digests={digest(text(around, "imagedigest"))} - {""},
        gaps=[f"it is about packages of type {kind} only: ask for `all`"]
        if kind not in ("", "all")
        else [],
    )


def _plain(entry: dict[str, Any]) -> dict[str, Any]:
    """An object whose keys are the same for `packageName` and for `package_name`."""
    return {key.replace("_", "").lower(): value for key, value in entry.items()}


def _entry(entry: dict[str, Any]) -> Iterator[Vulnerability]:
    one = _plain(entry)
    ratings = [_plain(data) for key in ("nvddata", "vendordata") for data in objects(one, key)]
    newer = [_plain(mapping(rating, "cvssv3")).get("basescore") for rating in ratings]
    older = [_plain(mapping(rating, "cvssv2")).get("basescore") for rating in ratings]
    # Where there is none, Anchore writes -1.
    scores = newer if any(isinstance(s, int | float) and s > 0 for s in newer) else older
    path, fix = text(one, "packagepath"), text(one, "fix")
    yield from each(
        NAME,
        text(one, "vuln", required=True),
        rated(scores, [one.get("severity")]),
        text(one, "packagename") or text(one, "package", required=True),
        text(one, "packageversion"),
        aliases=[name for rating in ratings for name in texts(rating, "id")],
        fixed="" if fix in _NONE else fix,
        title=text(one, "description"),
        url=text(one, "url"),
        purl=text(one, "purl"),
        path="" if path in (*_NONE, "pkgdb") else path.lstrip("/"),
    )


def _evaluation(document: dict[str, Any]) -> ScannerReport:
    """What Anchore Enterprise offers as the JSON of its vulnerability report."""
    about = mapping(document, "metadata")
    repository = text(about, "repository")
    name = f"{repository}:{text(about, 'tag')}"
    return ScannerReport(
        NAME,
        counted(
            found for one in objects(document, "securityEvaluation") for found in _evaluated(one)
        ),
        digests={digest(text(about, "imageDigest"))} - {""},
        names={name, f"{text(about, 'registry')}/{name}"} if repository else set(),
        made=day(text(about, "timestamp")),
    )


def _evaluated(one: dict[str, Any]) -> Iterator[Vulnerability]:
    package = text(one, "package", required=True)
    shape = _RPM if text(one, "packageType").upper() == "RPM" else _OTHER
    parts = shape.fullmatch(package)
    score, fix = one.get("nvdCvssBaseScore"), text(one, "fixAvailable")
    if isinstance(score, str) and score not in _NONE:
        raise ReportError("nvdCvssBaseScore is no number")
    path = text(one, "path")
    yield from each(
        NAME,
        text(one, "vulnerabilityId", required=True),
        rated([score], [one.get("severity")]),
        parts[1] if parts else package,
        parts[2] if parts else "",
        aliases=[name.strip() for name in text(one, "cves").split(",") if name.strip()],
        fixed="" if fix in _NONE else fix.replace(",", ", "),
        url=text(one, "link"),
        path="" if path in (*_NONE, "pkgdb") else path.lstrip("/"),
    )
