"""Reports of scanners: recognised by their shape, read strictly, held to the image."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.scanners.reading import READERS, check_image, read, recognised
from dockgate.builder.scanners.scanner_report import ReportError
from dockgate.linter.errors import UnfinishedError, UsageError
from tests.builder.vulnerabilities import test_reports_anchore as anchore
from tests.builder.vulnerabilities import test_reports_aqua as aqua
from tests.builder.vulnerabilities import test_reports_clair as clair
from tests.builder.vulnerabilities import test_reports_grype as grype
from tests.builder.vulnerabilities import test_reports_snyk as snyk
from tests.builder.vulnerabilities.reports import (
    CONFIG,
    DIFF,
    DIGEST,
    LAYER,
    OTHER,
    image,
    written,
)

TRIVY = {
    "SchemaVersion": 2, "CreatedAt": "2026-11-20T10:00:00.123456789Z", "ArtifactName": "app:1",
    "ArtifactType": "container_image",
    "Metadata": {"ImageID": CONFIG, "DiffIDs": [DIFF], "RepoDigests": [f"app@{DIGEST}"]},
    "Results": [{
        "Target": "app (debian 12.1)", "Class": "os-pkgs", "Type": "debian",
        "Vulnerabilities": [{
            "VulnerabilityID": "CVE-2024-1111", "PkgName": "libssl3", "InstalledVersion": "3.0.11",
            "FixedVersion": "3.0.15", "Severity": "MEDIUM", "Title": "bad", "PrimaryURL": "https://x",
            "PkgIdentifier": {"PURL": "pkg:deb/debian/libssl3@3.0.11"}, "Layer": {"DiffID": DIFF},
            "CVSS": {"nvd": {"V2Score": 10, "V3Score": 7.5}, "ghsa": {"V3Score": 5.0}},
        }],
    }],
}  # fmt: skip
GRYPE = {
    "matches": [{
        "vulnerability": {"id": "GHSA-1", "severity": "High", "dataSource": "https://x",
                          "fix": {"versions": ["3.0.15"], "state": "fixed"}, "cvss": []},
        "relatedVulnerabilities": [{"id": "CVE-2024-1111", "cvss": [
            {"version": "2.0", "metrics": {"baseScore": 10}},
            {"version": "3.1", "metrics": {"baseScore": 7.5}}]}],
        "artifact": {"name": "libssl3", "version": "3.0.11", "type": "deb",
                     "purl": "pkg:deb/debian/libssl3@3.0.11",
                     "locations": [{"path": "/var/lib/dpkg/status", "layerID": DIFF}]},
    }],
    "source": {"type": "image", "target": {"userInput": "app:1", "imageID": CONFIG,
               "manifestDigest": DIGEST, "layers": [{"digest": DIFF}]}},
    "descriptor": {"name": "grype", "version": "0.80", "db": {"built": "2026-11-19T00:00:00Z"}},
}  # fmt: skip
ANCHORE = {
    "imageDigest": DIGEST, "vulnerability_type": "all",
    "vulnerabilities": [{
        "vuln": "CVE-2024-1111", "severity": "Low", "package": "libssl3-3.0.11",
        "package_name": "libssl3", "package_version": "3.0.11", "fix": "3.0.15", "url": "https://x",
        "package_path": "None", "nvd_data": [{"cvss_v3": {"base_score": 7.5}}],
    }],
}  # fmt: skip
CLAIR4 = {
    "manifest_hash": DIGEST,
    "packages": {"1": {"id": "1", "name": "libssl3", "version": "3.0.11", "kind": "binary"}},
    "environments": {"1": [{"package_db": "var/lib/dpkg/status", "introduced_in": LAYER,
                             "distribution_id": "3", "repository_ids": None}]},
    "vulnerabilities": {"9": {
        "id": "9", "name": "CVE-2024-1111", "normalized_severity": "High", "links": "https://x y",
        "fixed_in_version": "3.0.15"}},
    "package_vulnerabilities": {"1": ["9"]},
}  # fmt: skip
CLAIR2 = {"Layer": {"Name": "x", "NamespaceName": "debian:12", "Features": [{
    "Name": "libssl3", "Version": "3.0.11", "AddedBy": LAYER,
    "Vulnerabilities": [{"Name": "CVE-2024-1111", "Severity": "Low", "FixedBy": "3.0.15",
                         "Metadata": {"NVD": {"CVSSv2": {"Score": 7.5}}}}]}]}}  # fmt: skip
CLAIR_SCANNER = {"image": "app:1", "unapproved": [], "vulnerabilities": [{
    "featurename": "libssl3", "featureversion": "3.0.11", "vulnerability": "CVE-2024-1111",
    "severity": "High", "fixedby": "3.0.15", "namespace": "debian:12"}]}  # fmt: skip
SNYK = {
    "packageManager": "deb", "path": "app:1", "ok": False, "docker": {}, "dependencyCount": 90,
    "vulnerabilities": [{
        "id": "SNYK-DEBIAN12-OPENSSL-1", "identifiers": {"CVE": ["CVE-2024-1111"]},
        "severity": "low", "cvssScore": 7.5, "packageName": "libssl3", "version": "3.0.11",
        "nearestFixedInVersion": "3.0.15", "title": "bad", "from": ["a", "b"]}] * 2
        + [{"id": "snyk:lic:x", "type": "license", "severity": "high", "name": "x"}],
}  # fmt: skip
AQUA = {
    "image": "app:1", "digest": DIGEST, "scan_date": "2026-11-20T10:00:00Z",
    "vulnerability_summary": {"high": 1},
    "resources": [{
        "resource": {"name": "libssl3", "version": "3.0.11", "path": "", "layer_digest": LAYER},
        "vulnerabilities": [{"name": "CVE-2024-1111", "nvd_score_v3": 7.5, "nvd_score": 10,
                             "fix_version": "3.0.15", "aqua_severity": "low"}]}],
}  # fmt: skip
REPORTS = {
    "trivy": TRIVY, "grype": GRYPE, "anchore": ANCHORE, "clair": CLAIR4, "clair 2": CLAIR2,
    "clair-scanner": CLAIR_SCANNER, "snyk": SNYK, "snyk list": [SNYK], "aqua": AQUA,
}  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_each_is_read(tmp_path: Path, name: str) -> None:
    report = read(written(tmp_path, REPORTS[name]))
    assert report.tool == name.partition(" ")[0].partition("-")[0]
    assert [(v.id, v.package, v.version, v.fixed, v.band) for v in report.vulnerabilities] == [
        ("CVE-2024-1111", "libssl3", "3.0.11", "3.0.15", "high")
    ]
    assert report.made is not None
    assert report.looked
    assert report.gaps == []


BY_DIGEST = ("trivy", "grype", "anchore", "clair", "aqua")


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_about_this_image(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, REPORTS[name])
    unsure = check_image(read(path), image(), path, alone=True)
    assert unsure == (f"{path}: the report of clair does not say of which image"
                      if name == "clair 2" else "")  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_on_another_image_is_refused(tmp_path: Path, name: str) -> None:
    text = json.dumps(REPORTS[name])
    for mine in (DIGEST, CONFIG, DIFF):
        text = text.replace(mine, OTHER)
    path = written(tmp_path, text.replace('"app:1"', '"other:1"'))
    if name in BY_DIGEST:
        with pytest.raises(UnfinishedError, match="about another image"):
            check_image(read(path), image(), path, alone=True)
    else:
        assert "does not say" in check_image(read(path), image(), path, alone=True)


def test_an_index_digest_means_one_image_only_where_it_holds_one(tmp_path: Path) -> None:
    report = copy.deepcopy(TRIVY)
    report["Metadata"] = {"RepoDigests": [f"app@{OTHER}"]}
    path = written(tmp_path, report)
    mine = image()
    mine.root_digest = OTHER
    assert check_image(read(path), mine, path, alone=True) == ""
    with pytest.raises(UnfinishedError):
        check_image(read(path), mine, path, alone=False)


def test_a_report_that_looked_at_nothing_says_so(tmp_path: Path) -> None:
    assert not read(written(tmp_path, {**TRIVY, "Results": []})).looked


@pytest.mark.parametrize(
    "document",
    [
        "", "{", "[]", "{}", "[" * 100_000, {"matches": []}, {**TRIVY, "SchemaVersion": 1},
        {**TRIVY, "Results": 3}, {**TRIVY, "Results": [{"Vulnerabilities": [{}]}]},
        {**TRIVY, "Results": [{"Vulnerabilities": [{"VulnerabilityID": 3}]}]},
        {**GRYPE, "matches": [{}]}, {**CLAIR4, "packages": {}}, {**SNYK, "error": "no"},
        {**AQUA, "resources": [{"vulnerabilities": [{}]}]}, {**ANCHORE, "vulnerabilities": [{}]},
    ],
)  # fmt: skip
def test_what_is_no_report_is_said(tmp_path: Path, document: Any) -> None:
    with pytest.raises(UsageError) as caught:
        read(written(tmp_path, document))
    assert "\n" not in str(caught.value)


SHAPES = {
    **REPORTS,
    "grype today": grype.report(grype.match("ALAS-1", "Low", [
        {"id": "CVE-2024-1111", "cvss": [grype.scored("3.1", 5)]}, {"id": "CVE-2024-2222"}])),
    "anchorectl": [anchore.CTL], "enterprise": anchore.EVALUATION,
    "clair today": clair.report(), "quay": clair.quay("scanned", [clair.FEATURE]),
    "klar": clair.KLAR, "clairctl": clair.CLAIRCTL,
    "snyk today": [snyk.project(snyk.vulnerability(), applications=[snyk.APPLICATION])],
    "aqua today": aqua.report(aqua.resource(aqua.vulnerability(ref_vulns=[{"name": "CVE-1"}]))),
    "aqua plugin": aqua.PLUGIN, "aqua server": aqua.page(aqua.row()),
    "aqua pipeline": [{"image_name": "app:1", "results": aqua.report(aqua.resource())}],
    "trivy old": [{"Target": "app", "Type": "debian"}], "trivy cluster": {"ClusterName": "x"},
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_each_is_one_scanners_alone(name: str) -> None:
    assert [is_report(SHAPES[name]) for is_report, _ in READERS].count(True) == 1


JUNK: tuple[Any, ...] = (
    None, 3, -1.5, True, "x", [], {}, [3], [None], [[]], [{}], {"x": 1},
)  # fmt: skip


def spoilt(value: Any) -> Iterator[Any]:
    """The document with each of its values in turn replaced by others that do not fit."""
    yield from JUNK
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            for other in spoilt(value[key]):
                mine: Any = copy.copy(value)
                mine[key] = other
                yield mine
    if isinstance(value, dict):
        for key in value:
            yield {name: one for name, one in value.items() if name != key}


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_spoilt_is_read_or_said(name: str) -> None:
    for document in spoilt(SHAPES[name]):
        with contextlib.suppress(ReportError):
            recognised(document)
