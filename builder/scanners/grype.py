"""grype's JSON report (https://github.com/anchore/grype), and Anchore Engine's of an image."""

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
    texts,
)
from dockgate.rules.subjects.vulnerability import Vulnerability

NAME = "grype"
ANCHORE = "anchore"


def is_report(document: Any) -> bool:
    """Whether a JSON document is grype's."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("matches"), list)
        and mapping(document, "descriptor").get("name") == NAME
    )


def parse(document: Any) -> ScannerReport:
    """Read a report of grype. Raises ReportError."""
    target = document.get("source", {}).get("target") if mapping(document, "source") else None
    image = target if isinstance(target, dict) else {}
    ids = [text(image, "manifestDigest"), text(image, "imageID"), *texts(image, "repoDigests")]
    layers = objects(image, "layers")
    descriptor = mapping(document, "descriptor")
    database = mapping(descriptor, "db")
    built = text(database, "built") or text(mapping(database, "status"), "built")
    return ScannerReport(
        NAME,
        counted(map(_match, objects(document, "matches"))),
        digests={one for one in map(digest, ids) if one},
        diff_ids=[text(layer, "digest") for layer in layers],
        names={text(image, "userInput"), *texts(image, "tags")} - {""},
        made=day(text(descriptor, "timestamp")),
        data_as_of=day(built),
    )


def _match(one: dict[str, Any]) -> Vulnerability:
    said = mapping(one, "vulnerability")
    related = objects(one, "relatedVulnerabilities")
    package = mapping(one, "artifact")
    newer: list[Any] = []
    older: list[Any] = []
    for holder in (said, *related):
        for entry in objects(holder, "cvss"):
            score = mapping(entry, "metrics").get("baseScore")
            (older if text(entry, "version").startswith("2") else newer).append(score)
    places = objects(package, "locations")
    return found(
        NAME,
        text(said, "id", required=True),
        rated(newer if any(newer) else older, [said.get("severity")]),
        text(package, "name", required=True),
        text(package, "version"),
        aliases=[text(holder, "id", required=True) for holder in related],
        fixed=", ".join(texts(mapping(said, "fix"), "versions")),
        title=text(said, "description"),
        url=text(said, "dataSource"),
        purl=text(package, "purl"),
        layer=text(places[0], "layerID") if places else "",
        path=text(places[0], "path").lstrip("/") if places else "",
    )


def is_anchore(document: Any) -> bool:
    """Whether a JSON document is what Anchore Engine says of an image."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("vulnerabilities"), list)
        and "imageDigest" in document
    )


def parse_anchore(document: Any) -> ScannerReport:
    """Read a report of Anchore Engine. Raises ReportError."""
    return ScannerReport(
        ANCHORE,
        counted(_anchore(document)),
        digests={one for one in [digest(text(document, "imageDigest"))] if one},
    )


def _anchore(document: Any) -> Iterator[Vulnerability]:
    for one in objects(document, "vulnerabilities"):
        scores = [
            mapping(data, "cvss_v3").get("base_score")
            for key in ("nvd_data", "vendor_data")
            for data in objects(one, key)
        ]
        fix = text(one, "fix")
        yield found(
            ANCHORE,
            text(one, "vuln", required=True),
            rated(scores, [one.get("severity")]),
            text(one, "package_name") or text(one, "package", required=True),
            text(one, "package_version"),
            fixed="" if fix == "None" else fix,
            url=text(one, "url"),
            path=text(one, "package_path").lstrip("/")
            if text(one, "package_path") != "None"
            else "",
        )
