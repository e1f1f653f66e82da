"""grype's JSON report, of any version (https://github.com/anchore/grype)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dockgate.builder.scanners.scanner_report import (
    ScannerReport,
    counted,
    day,
    digest,
    each,
    found,
    mapping,
    objects,
    rated,
    text,
    texts,
)
from dockgate.builder.vulnerabilities.rating import Rating
from dockgate.rules.subjects.vulnerability import Vulnerability

NAME = "grype"
#: Settings that leave findings out, by their names in the report's own configuration.
_FILTERS = ("only-fixed", "only-notfixed", "ignore-wontfix", "exclude", "vex-documents")
#: Alerts on packages of distributions for which there is no data.
_BLIND = ("distro-unknown", "distro-disabled")
#: Kernel headers are not the kernel: what grype's own rules, in every report, name as upstream.
_KERNEL = ("kernel", "linux", "linux.*")


def is_report(document: Any) -> bool:
    """Whether a JSON document is grype's."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("matches"), list)
        and mapping(document, "descriptor").get("name") == NAME
    )


def parse(document: Any) -> ScannerReport:
    """Read a report of grype. Raises ReportError."""
    source = mapping(document, "source")
    target = source.get("target")
    image = target if isinstance(target, dict) else {}
    ids = [text(image, "manifestDigest"), text(image, "imageID"), *texts(image, "repoDigests")]
    layers = objects(image, "layers")
    descriptor = mapping(document, "descriptor")
    database = mapping(descriptor, "db")
    built = text(database, "built") or text(mapping(database, "status"), "built")
    matches = objects(document, "matches")
    return ScannerReport(
        NAME,
        counted(one for match in matches for one in _match(match)),
        digests={one for one in map(digest, ids) if one},
        diff_ids=[text(layer, "digest") for layer in layers],
        names={text(image, "userInput"), *texts(image, "tags")} - {""},
        made=day(text(descriptor, "timestamp")),
        data_as_of=day(built),
        # It names no packages but those with matches: a system that it has recognised, at most.
        looked=bool(matches) or bool(text(mapping(document, "distro"), "name")),
        of_image=text(source, "type") in ("", "image"),
        gaps=[*_filtered(document, mapping(descriptor, "configuration")), *_blind(document)],
    )


def _filtered(document: dict[str, Any], settings: dict[str, Any]) -> Iterator[str]:
    """What it has been told to leave out: it writes its configuration into the report."""
    for name in _FILTERS:
        if settings.get(name):
            yield f"it leaves out what `{name}` says: make it without"
    rules = [mapping(one, "package") for one in objects(settings, "ignore")]
    if any(text(package, "upstream-name") not in _KERNEL for package in rules):
        yield "it leaves out what rules in `ignore` say: make it without"
    if not settings and objects(document, "ignoredMatches"):
        yield "it leaves out what it lists in ignoredMatches, and does not say why"


def _blind(document: dict[str, Any]) -> Iterator[str]:
    if not document.get("alertsByPackage"):
        return
    for one in objects(document, "alertsByPackage"):
        if any(text(alert, "type") in _BLIND for alert in objects(one, "alerts")):
            yield "it has no data for the distribution of some packages"
            return


def _match(one: dict[str, Any]) -> Iterator[Vulnerability]:
    said = mapping(one, "vulnerability")
    related = objects(one, "relatedVulnerabilities")
    package = mapping(one, "artifact")
    places = objects(package, "locations")
    fixed = texts(mapping(said, "fix"), "versions") or [text(said, "fixedInVersion")]
    identity = text(said, "id", required=True)
    word = said.get("severity")
    common = {
        "fixed": ", ".join(fixed),
        "title": text(said, "description"),
        "url": text(said, "dataSource") or next(iter(texts(said, "links")), ""),
        "purl": text(package, "purl"),
        "layer": text(places[0], "layerID") if places else "",
        "path": text(places[0], "path").lstrip("/") if places else "",
    }
    name, version = text(package, "name", required=True), text(package, "version")
    names = [text(holder, "id", required=True) for holder in related]
    if identity.startswith("CVE-") or len({n for n in names if n.startswith("CVE-")}) < 2:
        rating = _rating((said, *related), word)
        yield found(NAME, identity, rating, name, version, aliases=names, **common)
        return
    for holder, related_name in zip(related, names, strict=True):  # an erratum on several CVEs
        if related_name.startswith("CVE-"):
            rating = _rating((holder,), word)
            yield from each(NAME, related_name, rating, name, version, aliases=[identity], **common)


def _rating(holders: Iterable[dict[str, Any]], word: object) -> Rating:
    newer: list[Any] = []
    older: list[Any] = []
    for holder in holders:
        for entry in objects(holder, "cvss"):
            score = mapping(entry, "metrics").get("baseScore")
            (older if text(entry, "version").startswith("2") else newer).append(score)
        older.append(mapping(holder, "cvssV2").get("baseScore"))  # before 0.13
        newer.append(mapping(holder, "cvssV3").get("baseScore"))
    return rated(newer if any(newer) else older, [word])
