"""Aqua: what its scanner writes with `--jsonfile`, its CI plugins, and its server's API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dockgate.builder.scanners.scanner_report import (
    ReportError,
    ScannerReport,
    counted,
    day,
    digest,
    each,
    mapping,
    moment,
    objects,
    rated,
    text,
    texts,
)
from dockgate.builder.vulnerabilities.rating import Rating
from dockgate.rules.subjects.vulnerability import Vulnerability

NAME = "aqua"
_NEWER = (
    "nvd_score_v4", "nvd_score_v3", "vendor_score_v3", "nvd_cvss3_score", "vendor_cvss3_score",
)  # fmt: skip
_OLDER = ("nvd_score", "nvd_cvss2_score")
_WORDS = (
    "aqua_severity", "nvd_severity_v3", "nvd_cvss3_severity", "vendor_severity_v3",
    "vendor_severity", "nvd_severity", "severity",
)  # fmt: skip
#: Of which a scanner's report has one besides the image.
_TELLING = ("vulnerability_summary", "image_assurance_results", "scan_started", "cves_counts")


def is_report(document: Any) -> bool:
    """Whether a JSON document is Aqua's."""
    if isinstance(document, list):  # of a pipeline: images with their reports
        return bool(document) and all(
            isinstance(one, dict)
            and isinstance(one.get("results"), dict)
            and is_report(one["results"])
            for one in document
        )
    return isinstance(document, dict) and (
        ("image" in document and any(key in document for key in _TELLING))
        or {"image_name", "cves", "cves_counts"} <= document.keys()
        or {"count", "page", "pagesize", "result"} <= document.keys()
    )


def parse(document: Any) -> ScannerReport:
    """Read a report. Raises ReportError."""
    if isinstance(document, list):
        if len(document) > 1:
            raise ReportError(f"it is about {len(document)} images: give the report of one")
        document = document[0]["results"]
    if "cves" in document:
        return _plugin(document)
    if "result" in document:
        return _page(document)
    resources = objects(document, "resources")
    entries = [(one, found) for one in resources for found in objects(one, "vulnerabilities")]
    metadata, started = mapping(document, "metadata"), document.get("scan_started")
    ids = [
        text(document, "digest"), text(metadata, "image_id"), *texts(metadata, "repo_digests"),
    ]  # fmt: skip
    return ScannerReport(
        NAME,
        counted(
            found
            for resource, one in entries
            for found in _entry(one, mapping(resource, "resource"))
        ),
        digests={one for one in map(digest, ids) if one},
        names=_named(document, "image", "pull_name"),
        made=moment(started.get("seconds"))
        if isinstance(started, dict)
        else day(started if isinstance(started, str) else text(document, "scan_date")),
        data_as_of=moment(document.get("data_date")),
        looked=bool(resources),
        gaps=list(_left_out(document, resources, len(entries))),
    )


def _left_out(
    document: dict[str, Any], resources: list[dict[str, Any]], listed: int
) -> Iterator[str]:
    skipped = sum(one.get("scanned") is False for one in resources)
    if skipped:
        yield f"it has not scanned {skipped} of its resources"
    yield from _dropped(mapping(document, "vulnerability_summary"), listed)


def _dropped(counts: dict[str, Any], listed: int) -> Iterator[str]:
    total = counts.get("total")
    if isinstance(total, int) and total > listed:
        yield f"it counts {total} vulnerabilities, and lists {listed}"


def _named(document: dict[str, Any], *keys: str) -> set[str]:
    """An image's names, with its registry too."""
    names = {text(document, key) for key in keys} - {""}
    registry = text(document, "registry")
    return names | {f"{registry}/{name}" for name in names if registry}


def _plugin(document: dict[str, Any]) -> ScannerReport:
    """What the CI plugins of version 2 write: without the versions of packages."""
    if text(document, "status").upper() != "SCANNED" or document.get("errorMsg"):
        raise ReportError("Aqua has not scanned the image")
    cves = objects(document, "cves")
    return ScannerReport(
        NAME,
        counted(
            found for one in cves for found in _entry(one, {"name": text(one, "file")})
        ),
        names=_named(document, "image_name"),
        looked=bool(cves),  # it names no packages but those with vulnerabilities
        gaps=list(_dropped(mapping(document, "cves_counts"), len(cves))),
    )  # fmt: skip


def _page(document: dict[str, Any]) -> ScannerReport:
    """A page of what the server's API knows of images' vulnerabilities."""
    entries = objects(document, "result")
    images = {digest(text(one, "image_digest")) for one in entries} - {""}
    names: set[str] = set()
    names = names.union(*(_named(one, "image_name") for one in entries))
    if len(images) > 1:
        raise ReportError(f"it is about {len(images)} images: ask for one")
    total, gaps = document.get("count"), []
    if isinstance(total, int) and total > len(entries):
        gaps.append(f"it is a page with {len(entries)} of {total} vulnerabilities")
    if document.get("is_partial_data") is True:
        gaps.append("it is partial by its own word")
    return ScannerReport(
        NAME,
        counted(
            found for one in entries for found in _entry(one, mapping(one, "resource"))
        ),
        digests=images,
        names=names,
        looked=bool(entries),
        gaps=gaps,
    )  # fmt: skip


def _entry(one: dict[str, Any], resource: dict[str, Any]) -> Iterator[Vulnerability]:
    """A vulnerability; an erratum has those that it mends below itself."""
    identity = text(one, "name", required=True)
    below = objects(one, "ref_vulns")
    for entry in below or [one]:
        rating = _rating([entry])
        if rating.score is None:
            rating = _rating([entry, one])
        yield from each(
            NAME,
            text(entry, "name", required=True),
            rating,
            text(resource, "name") or text(resource, "path", required=True),
            text(resource, "version"),
            aliases=[identity] if below else [],
            fixed=text(entry, "fix_version") or text(one, "fix_version"),
            title=text(entry, "description"),
            url=text(entry, "nvd_url") or text(entry, "vendor_url") or text(entry, "url"),
            layer=digest(text(resource, "layer_digest")),
            path=text(resource, "path").lstrip("/"),
        )


def _rating(entries: Iterable[dict[str, Any]]) -> Rating:
    newer: list[Any] = []
    older: list[Any] = []
    words: list[Any] = []
    for one in entries:
        newer += [one.get(key) for key in _NEWER]
        older += [one.get(key) for key in _OLDER]
        # Aqua's own score is of the version that it says, the plugins' a text.
        for key, system in (("aqua_score", "aqua_scoring_system"), ("score", "score_version")):
            of = older if text(one, system).upper().endswith("V2") else newer
            of.append(_number(one.get(key)))
        words += [one.get(key) for key in _WORDS]
    return rated(newer if any(newer) else older, words)


def _number(value: Any) -> Any:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return None
