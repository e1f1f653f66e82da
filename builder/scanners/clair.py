"""Clair: reports of version 4 (https://quay.github.io/clair/), of Quay, and of version 2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dockgate.builder.scanners.scanner_report import (
    ReportError,
    ScannerReport,
    counted,
    digest,
    each,
    found,
    mapping,
    objects,
    rated,
    text,
    texts,
)
from dockgate.rules.subjects.vulnerability import Vulnerability

NAME = "clair"
#: `CVE-2022-29458 ncurses`, `RHSA-2021:0001: openssl security update (Important)`
_ID = re.compile(r"[A-Za-z]+(?:-[\w:.]+)+")
_ERRATUM = re.compile(r"(?:RH[SBE]A|ALAS\w*|ELSA|SUSE-[SR]U|openSUSE-[SR]U)-")
_CVE = re.compile(r"CVE-\d{4}-\d{4,}")


def is_report(document: Any) -> bool:
    """Whether a JSON document is Clair's, of any version, or of a program that asks Clair."""
    return isinstance(document, dict) and (
        {"manifest_hash", "package_vulnerabilities"} <= document.keys()
        or _is_layer(document)
        or _is_quay(document)
        or (isinstance(document.get("Layers"), list) and "ImageName" in document)  # clairctl of v2
        or {"LayerCount", "Vulnerabilities"} <= document.keys()  # klar
        or {"image", "unapproved", "vulnerabilities"} <= document.keys()  # clair-scanner
    )


def parse(document: Any) -> ScannerReport:
    """Read a report. Raises ReportError."""
    if "manifest_hash" in document:
        return _version4(document)
    if "data" in document:
        if document.get("status") != "scanned":
            raise ReportError("Quay has not scanned the image")
        report = _layers([mapping(document, "data")])
        name = text(mapping(mapping(document, "data"), "Layer"), "Name")
        report.digests = {digest(name)} - {""}  # of the manifest
        return report
    if "Layer" in document:
        return _layers([document])
    if "Layers" in document:
        report = _layers(objects(document, "Layers"))
        report.names = {f"{text(document, 'ImageName')}:{text(document, 'Tag')}"}
        return report
    if "LayerCount" in document:
        return ScannerReport(
            NAME, counted(_klar(document)), looked=bool(document.get("LayerCount"))
        )  # fmt: skip
    names = {text(document, "image")} - {""}
    vulnerabilities = counted(_scanner(document))
    missing = set(texts(document, "unapproved")) - {one.id for one in vulnerabilities}
    return ScannerReport(
        NAME,
        vulnerabilities,
        names=names,
        looked=bool(vulnerabilities),  # it names no packages but those with vulnerabilities
        gaps=[f"it names {len(missing)} vulnerabilities that it does not list"] if missing else [],
    )


def _is_layer(document: dict[str, Any]) -> bool:
    """Whether it has one layer, with Clair's features."""
    layer = document.get("Layer")
    return isinstance(layer, dict) and "Features" in layer


def _is_quay(document: dict[str, Any]) -> bool:
    """Whether it is what Quay says of a manifest, or that it does not know yet."""
    data = document.get("data", document)
    return isinstance(document.get("status"), str) and (
        data is None or (isinstance(data, dict) and isinstance(data.get("Layer"), dict))
    )


def _names(value: str) -> list[str]:
    """The ids in a vulnerability's name, which may go on with a package or a title."""
    first, *more = value.split()
    ids = [word.rstrip(":") for word in more]
    return [
        first.rstrip(":"),
        *(one for one in ids if _ID.fullmatch(one) and any(map(str.isdigit, one))),
    ]


def _version4(document: Any) -> ScannerReport:
    if text(document, "err") or document.get("success") is False:
        raise ReportError("Clair could not scan the image")
    if not isinstance(document["package_vulnerabilities"], dict):
        raise ReportError("package_vulnerabilities is no object")
    packages = mapping(document, "packages")
    environments = mapping(document, "environments")
    # What Clair matches is what it knows the distribution or the repository of.
    blind = sum(
        not any(_known(place) for place in objects(environments, number)) for number in packages
    )
    return ScannerReport(
        NAME,
        counted(_matches(document, packages, environments)),
        digests={digest(text(document, "manifest_hash"))} - {""},
        looked=bool(packages),
        gaps=[f"it has no data for {blind} packages, whose distribution it does not know"]
        if blind
        else [],
    )


def _known(place: dict[str, Any]) -> bool:
    return bool(place.get("distribution_id") or place.get("repository_ids"))


def _matches(
    document: Any, packages: dict[str, Any], environments: dict[str, Any]
) -> Iterator[Vulnerability]:
    known = mapping(document, "vulnerabilities")
    enriched = _enrichments(mapping(document, "enrichments"))
    sources = _sources(packages)
    matched = mapping(document, "package_vulnerabilities")
    for number in matched:
        # A match may be of the source package, which stands with its binaries only.
        package = mapping(packages, number) or sources.get(number, ({}, ""))[0]
        places = objects(environments, number) or objects(
            environments, sources.get(number, ({}, ""))[1]
        )
        for key in _keys(matched, number):
            one = mapping(known, key)
            if not one or not package:
                raise ReportError(f"vulnerability {key!r} or package {number!r} is not in it")
            names = _names(text(one, "name", required=True))
            if _ERRATUM.match(names[0]) and not any(map(_CVE.match, names)):
                names += _CVE.findall(text(one, "links"))
            yield from each(
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
                path=text(places[0], "package_db").rpartition(":")[2].lstrip("/") if places else "",
            )


def _keys(matched: dict[str, Any], number: str) -> list[str]:
    """The vulnerabilities of a package; before 2020 their numbers were no texts."""
    value = matched[number] or []
    if not isinstance(value, list) or not all(isinstance(one, str | int) for one in value):
        raise ReportError("package_vulnerabilities has no lists of numbers")
    return [str(one) for one in value]


def _sources(packages: dict[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """Source packages by their number, each with the number of a binary of it."""
    found: dict[str, tuple[dict[str, Any], str]] = {}
    for number in packages:
        source = mapping(mapping(packages, number), "source")
        if source:
            found.setdefault(str(source.get("id")), (source, number))
    return found


def _enrichments(given: dict[str, Any]) -> dict[str, list[Any]]:
    """CVSS scores by vulnerability. Only scores of versions 3 and 4 are made."""
    scores: dict[str, list[Any]] = {}
    for kind, entries in given.items():
        if "cvss" not in kind.partition("schema=")[0]:
            continue
        for entry in entries if isinstance(entries, list) else []:
            for key, rows in entry.items() if isinstance(entry, dict) else ():
                for row in rows if isinstance(rows, list) else []:
                    if isinstance(row, dict):
                        scores.setdefault(key, []).append(row.get("baseScore"))
    return scores


def _layers(holders: list[dict[str, Any]]) -> ScannerReport:
    """Features with their vulnerabilities, as version 2 has them for each layer."""
    layers = [mapping(holder, "Layer") for holder in holders]
    features = [one for layer in layers for one in objects(layer, "Features")]
    return ScannerReport(
        NAME,
        counted(one for feature in features for one in _of_feature(feature)),
        looked=bool(features),  # of a system that it does not know Clair names none
    )


def _of_feature(feature: dict[str, Any]) -> Iterator[Vulnerability]:
    for one in objects(feature, "Vulnerabilities"):
        data = mapping(mapping(one, "Metadata"), "NVD")
        newer = mapping(data, "CVSSv3").get("Score")
        name, *more = _names(text(one, "Name", required=True))
        yield from each(
            NAME,
            name,
            rated([newer or mapping(data, "CVSSv2").get("Score")], [one.get("Severity")]),
            text(feature, "Name", required=True),
            text(feature, "Version"),
            aliases=more,
            fixed=text(one, "FixedBy"),
            title=text(one, "Description"),
            url=text(one, "Link").partition(" ")[0],
            layer=digest(text(feature, "AddedBy")),
        )


def _klar(document: Any) -> Iterator[Vulnerability]:
    """What klar has sorted by severity, with the feature in each vulnerability."""
    for word in mapping(document, "Vulnerabilities"):
        for one in objects(document["Vulnerabilities"], word):
            name, version = text(one, "FeatureName", required=True), text(one, "FeatureVersion")
            yield from _of_feature({"Name": name, "Version": version, "Vulnerabilities": [one]})


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
