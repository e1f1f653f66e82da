"""Snyk: what `snyk container test --json` prints (https://docs.snyk.io/)."""

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

NAME = "snyk"


def is_report(document: Any) -> bool:
    """Whether a JSON document is Snyk's: an object, or a list of one for each project."""
    first = document[0] if isinstance(document, list) and document else document
    return (
        isinstance(first, dict)
        and "packageManager" in first
        and ("vulnerabilities" in first or "error" in first)
    )


def parse(document: Any) -> ScannerReport:
    """Read a report. Raises ReportError, for a test that failed too."""
    projects = document if isinstance(document, list) else [document]
    report = ScannerReport(NAME)
    vulnerabilities: list[Vulnerability] = []
    for project in projects:
        if not isinstance(project, dict) or text(project, "error"):
            raise ReportError("a project in it could not be tested")
        for part in (project, *objects(project, "applications")):
            vulnerabilities += _of_project(part)
        name = text(project, "path") or text(project, "projectName").removeprefix("docker-image|")
        report.names |= {name} - {""}
        image = digest(text(mapping(project, "docker"), "imageId") or text(project, "imageId"))
        report.digests |= {image} - {""}
    report.vulnerabilities = counted(vulnerabilities)
    return report


def _of_project(project: dict[str, Any]) -> Iterator[Vulnerability]:
    for one in objects(project, "vulnerabilities"):
        if text(one, "type") == "license" or str(one.get("id", "")).startswith("snyk:lic:"):
            continue
        known = mapping(one, "identifiers")
        yield found(
            NAME,
            text(one, "id", required=True),
            rated([one.get("cvssScore")], [one.get("severity"), one.get("nvdSeverity")]),
            text(one, "packageName") or text(one, "name", required=True),
            text(one, "version"),
            aliases=[*texts(known, "CVE"), *texts(known, "GHSA")],
            fixed=text(one, "nearestFixedInVersion") or ", ".join(texts(one, "fixedIn")),
            title=text(one, "title"),
            url=f"https://security.snyk.io/vuln/{text(one, 'id')}",
            purl=text(mapping(one, "identifiers"), "purl"),
            path=text(project, "targetFile"),
        )
