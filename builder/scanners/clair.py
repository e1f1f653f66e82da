"""Clair: reports of version 4 (https://quay.github.io/clair/), of version 2, of clair-scanner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dockgate.builder.scanners.scanner_report import (
    ReportError,
    ScannerReport,
    counted,
    digest,
    found,
    mapping,
    objects,
    rated,
    text,
    texts,
)
from dockgate.rules.subjects.vulnerability import Vulnerability

NAME = "clair"


def is_report(document: Any) -> bool:
    """Whether a JSON document is Clair's, of any version."""
    return isinstance(document, dict) and (
        ("manifest_hash" in document and "package_vulnerabilities" in document)
        or isinstance(mapping_or_none(document, "Layer"), dict)
        or ("unapproved" in document and isinstance(document.get("vulnerabilities"), list))
    )


def mapping_or_none(holder: Any, key: str) -> dict[str, Any] | None:
    """An object that has Clair's features, None for what is none."""
    value = holder.get(key)
    return value if isinstance(value, dict) and "Features" in value else None


def parse(document: Any) -> ScannerReport:
    """Read a report. Raises ReportError."""
    if "manifest_hash" in document:
        return ScannerReport(
            NAME,
            counted(_version4(document)),
            digests={one for one in [digest(text(document, "manifest_hash"))] if one},
            looked=bool(mapping(document, "packages")),
        )
    if "Layer" in document:
        layer = mapping(document, "Layer")
        return ScannerReport(NAME, counted(_version2(layer)), looked="Features" in layer)
    names = {text(document, "image")} - {""}
    return ScannerReport(NAME, counted(_scanner(document)), names=names)


def _version4(document: Any) -> Iterator[Vulnerability]:
    packages = mapping(document, "packages")
    known = mapping(document, "vulnerabilities")
    environments = mapping(document, "environments")
    enriched = _enrichments(mapping(document, "enrichments"))
    for number in mapping(document, "package_vulnerabilities"):
        package = mapping(packages, number)
        places = objects(environments, number)
        for key in texts(mapping(document, "package_vulnerabilities"), number):
            one = mapping(known, key)
            if not one or not package:
                raise ReportError(f"vulnerability {key!r} or package {number!r} is not in it")
            names = text(one, "name", required=True).split()
            yield found(
                NAME,
                names[0],
                rated(enriched.get(key, []), [one.get("normalized_severity"), one.get("severity")]),
                text(package, "name", required=True),
                text(package, "version"),
                aliases=names[1:],
                fixed=text(one, "fixed_in_version"),
                title=text(one, "description"),
                url=text(one, "links").partition(" ")[0],
                layer=text(places[0], "introduced_in") if places else "",
                path=text(places[0], "package_db").lstrip("/") if places else "",
            )


def _enrichments(given: dict[str, Any]) -> dict[str, list[Any]]:
    """CVSS scores by vulnerability."""
    scores: dict[str, list[Any]] = {}
    for kind, entries in given.items():
        if "cvss" not in kind:
            continue
        for entry in entries if isinstance(entries, list) else []:
            for key, rows in entry.items() if isinstance(entry, dict) else ():
                for row in rows if isinstance(rows, list) else []:
                    if isinstance(row, dict):
                        scores.setdefault(key, []).append(row.get("baseScore"))
    return scores


def _version2(layer: dict[str, Any]) -> Iterator[Vulnerability]:
    for feature in objects(layer, "Features"):
        for one in objects(feature, "Vulnerabilities"):
            data = mapping(mapping(one, "Metadata"), "NVD")
            newer = mapping(data, "CVSSv3").get("Score")
            yield found(
                NAME,
                text(one, "Name", required=True),
                rated([newer or mapping(data, "CVSSv2").get("Score")], [one.get("Severity")]),
                text(feature, "Name", required=True),
                text(feature, "Version"),
                fixed=text(one, "FixedBy"),
                title=text(one, "Description"),
                url=text(one, "Link"),
                layer=digest(text(feature, "AddedBy")),
            )


def _scanner(document: Any) -> Iterator[Vulnerability]:
    for one in objects(document, "vulnerabilities"):
        yield found(
            NAME,
            text(one, "vulnerability", required=True),
            rated([], [one.get("severity")]),
            text(one, "featurename", required=True),
            text(one, "featureversion"),
            fixed=text(one, "fixedby"),
            title=text(one, "description"),
            url=text(one, "link"),
        )
