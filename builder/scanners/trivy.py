"""Trivy: its JSON report, schema 2 (https://trivy.dev/latest/docs/configuration/reporting/)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dockgate.builder.scanners.scanner_report import (
    ReportError,
    ScannerReport,
    counted,
    day,
    digest,
    found,
    mapping,
    objects,
    rated,
    text,
    texts,
)
from dockgate.rules.subjects.vulnerability import Vulnerability

NAME = "trivy"
_SCHEMA = 2
_V3 = ("V3Score", "V40Score")
_OS = "os-pkgs"


def is_report(document: Any) -> bool:
    """Whether a JSON document is Trivy's, of any schema."""
    if isinstance(document, list):  # before 0.20
        return bool(document) and all(
            isinstance(one, dict) and "Target" in one and {"Type", "Vulnerabilities"} & one.keys()
            for one in document
        )
    return isinstance(document, dict) and (
        ("SchemaVersion" in document and "ArtifactName" in document) or "ClusterName" in document
    )


def parse(document: Any) -> ScannerReport:
    """Read a report. Raises ReportError."""
    if isinstance(document, dict) and "ClusterName" in document:
        raise ReportError("it is about a cluster, not about an image: use `trivy image`")
    if isinstance(document, list) or document.get("SchemaVersion") != _SCHEMA:
        raise ReportError(f"SchemaVersion is not {_SCHEMA}: use a current Trivy")
    metadata = mapping(document, "Metadata")
    results = objects(document, "Results")
    ids = [text(metadata, "ImageID"), *texts(metadata, "RepoDigests")]
    classes = {text(one, "Class") for one in results}
    system = text(mapping(metadata, "OS"), "Family")
    return ScannerReport(
        NAME,
        counted(one for result in results for one in _of_result(result)),
        digests={one for one in map(digest, ids) if one},
        diff_ids=texts(metadata, "DiffIDs"),
        names={text(document, "ArtifactName"), *texts(metadata, "RepoTags")} - {""},
        made=day(text(document, "CreatedAt")),
        looked=bool(classes & {_OS, "lang-pkgs"}),
        of_image=text(document, "ArtifactType") in ("", "container_image"),
        gaps=[f"it says nothing of the packages of {system}"]
        if system and _OS not in classes
        else [],
    )


def _of_result(result: dict[str, Any]) -> Iterator[Vulnerability]:
    # What `--show-suppressed` lists has been left aside by somebody else's word: it counts.
    suppressed = [
        mapping(one, "Finding")
        for one in objects(result, "ExperimentalModifiedFindings")
        if text(one, "Type") == "vulnerability"
    ]
    for one in (*objects(result, "Vulnerabilities"), *suppressed):
        ratings = [mapping(mapping(one, "CVSS"), vendor) for vendor in mapping(one, "CVSS")]
        scores = [rating.get(key) for rating in ratings for key in _V3]
        older = [rating.get("V2Score") for rating in ratings]
        yield found(
            NAME,
            text(one, "VulnerabilityID", required=True),
            rated(scores if any(scores) else older, [one.get("Severity")]),
            text(one, "PkgName", required=True),
            text(one, "InstalledVersion"),
            aliases=texts(one, "VendorIDs"),
            fixed=text(one, "FixedVersion"),
            title=text(one, "Title"),
            url=text(one, "PrimaryURL"),
            purl=text(mapping(one, "PkgIdentifier"), "PURL"),
            layer=text(mapping(one, "Layer"), "DiffID") or text(mapping(one, "Layer"), "Digest"),
            path=text(one, "PkgPath"),
        )
