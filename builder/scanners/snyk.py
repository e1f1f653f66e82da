"""Snyk: what `snyk container test --json` prints (https://docs.snyk.io/), `docker scan` too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dockgate.builder.scanners.scanner_report import (
    ReportError,
    ScannerReport,
    counted,
    digest,
    each,
    mapping,
    objects,
    rated,
    text,
    texts,
)
from dockgate.builder.vulnerabilities.rating import Rating
from dockgate.rules.subjects.vulnerability import Vulnerability

NAME = "snyk"
_PREFIX = "docker-image|"


def is_report(document: Any) -> bool:
    """Whether a JSON document is Snyk's: an object, or a list of one for each project."""
    first = document[0] if isinstance(document, list) and document else document
    if not isinstance(first, dict):
        return False
    failed = first.get("ok") is False and "error" in first and "path" in first
    return failed or ("packageManager" in first and ("vulnerabilities" in first))


def parse(document: Any) -> ScannerReport:
    """Read a report. Raises ReportError, for a test that failed too, or that is not of an image."""
    report = ScannerReport(NAME, looked=False)
    vulnerabilities: list[Vulnerability] = []
    for project in document if isinstance(document, list) else [document]:
        if not isinstance(project, dict) or project.get("error"):
            raise ReportError("a project in it could not be tested")
        name = text(project, "projectName")
        if not isinstance(project.get("docker"), dict) and not name.startswith(_PREFIX):
            raise ReportError("it is about a project, not an image: use `snyk container test`")
        for part in (project, *objects(project, "applications")):
            if not isinstance(part.get("vulnerabilities"), list):
                raise ReportError("a project in it has no list of vulnerabilities")
            entries = [*objects(part, "vulnerabilities"), *_ignored(part)]
            vulnerabilities += [found for one in entries for found in _entry(one, part)]
            report.looked |= bool(entries) or _count(part) > 0
            report.gaps += _left_out(part)
        report.names |= {text(project, "path") or name.removeprefix(_PREFIX)} - {""}
        image = digest(text(mapping(project, "docker"), "imageId") or text(project, "imageId"))
        report.digests |= {image} - {""}
    report.vulnerabilities = counted(vulnerabilities)
    report.gaps = list(dict.fromkeys(report.gaps))
    return report


def _count(part: dict[str, Any]) -> int:
    """How many packages have been tested: none, of a system that Snyk does not know."""
    value = part.get("dependencyCount")
    return value if isinstance(value, int) else 0


def _ignored(part: dict[str, Any]) -> list[dict[str, Any]]:
    """What Snyk's own policy leaves aside: by somebody else's word, so that it counts."""
    return objects(mapping(part, "filtered"), "ignore")


def _left_out(part: dict[str, Any]) -> Iterator[str]:
    threshold = text(part, "severityThreshold")
    if threshold not in ("", "low"):
        yield f"it leaves out what is below {threshold}: make it without --severity-threshold"
    counts = part.get("uniqueCount")
    listed = len({text(one, "id") for one in objects(part, "vulnerabilities")})
    if isinstance(counts, int) and counts > listed:
        yield f"it counts {counts} vulnerabilities, and lists {listed}"
    if part.get("hasUnknownVersions") is True:
        yield "it does not know the versions of some packages"


def _entry(one: dict[str, Any], part: dict[str, Any]) -> Iterator[Vulnerability]:
    if text(one, "type") == "license" or str(one.get("id", "")).startswith("snyk:lic:"):
        return
    known = mapping(one, "identifiers")
    aliases = [name for kind in known if kind != "CWE" for name in texts(known, kind)]
    # With --group-issues there is one entry for all packages, whose names are a list.
    names = list(dict.fromkeys(texts(one, "name"))) or [text(one, "packageName", required=True)]
    for name in names:
        if text(one, "language") == "linux":
            name = name.rpartition("/")[2]  # of "source/binary"
        yield from each(
            NAME,
            text(one, "id", required=True),
            _rating(one),
            name,
            text(one, "version"),
            aliases=aliases,
            fixed=text(one, "nearestFixedInVersion") or ", ".join(texts(one, "fixedIn")),
            title=text(one, "title"),
            url=f"https://security.snyk.io/vuln/{text(one, 'id')}",
            path=text(part, "targetFile").lstrip("/"),
        )


def _rating(one: dict[str, Any]) -> Rating:
    """The worst of Snyk's own score and of those that it quotes."""
    scores = [one.get("cvssScore")]
    scores += [entry.get("cvssV3BaseScore") for entry in objects(one, "cvssDetails")]
    scores += [
        entry.get("baseScore")
        for entry in objects(one, "cvssSources")
        if not text(entry, "cvssVersion").startswith("2")
    ]
    return rated(
        scores, [one.get(key) for key in ("severityWithCritical", "severity", "nvdSeverity")]
    )
