"""grype's reports, from the first versions on to those of today."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.scanners.reading import check_image
from tests.builder.vulnerabilities.reports import CONFIG, DIFF, DIGEST, image, of, rows, written


def artifact(**more: Any) -> dict[str, Any]:
    return {
        "id": "1f2e", "name": "libssl3", "version": "3.0.11", "type": "deb", "language": "",
        "locations": [{"path": "/var/lib/dpkg/status", "layerID": DIFF}],
        "licenses": [], "cpes": [], "purl": "pkg:deb/debian/libssl3@3.0.11", "upstreams": [],
        **more,
    }  # fmt: skip


def scored(version: str, score: float) -> dict[str, Any]:
    return {"source": "nvd@nist.gov", "type": "Primary", "version": version, "vector": "",
            "metrics": {"baseScore": score, "impactScore": 3.6}, "vendorMetadata": {}}  # fmt: skip


def match(
    identity: str, word: str, related: list[Any] | None = None, **more: Any
) -> dict[str, Any]:
    return {
        "vulnerability": {"id": identity, "severity": word, "namespace": "debian:distro:debian:12",
                          "dataSource": "https://x", "urls": [], "cvss": [], "advisories": [],
                          "fix": {"versions": [], "state": "unknown"}, **more},
        "relatedVulnerabilities": related or [],
        "matchDetails": [{"type": "exact-indirect-match", "matcher": "dpkg-matcher"}],
        "artifact": artifact(),
    }  # fmt: skip


def kernel_rule(name: str, kind: str, upstream: str) -> dict[str, Any]:
    return {"vulnerability": "", "namespace": "", "fix-state": "", "vex-status": "",
            "package": {"name": name, "type": kind, "upstream-name": upstream},
            "match-type": "exact-indirect-match"}  # fmt: skip


CONFIGURATION = {
    "output": ["json"], "only-fixed": False, "only-notfixed": False, "ignore-wontfix": "",
    "search": {"scope": "squashed"}, "exclude": [], "vex-documents": [], "vex-add": [],
    "ignore": [kernel_rule("kernel-headers", "rpm", "kernel"),
               kernel_rule("linux(-.*)?-headers-.*", "deb", "linux.*"),
               kernel_rule("linux-libc-dev", "deb", "linux")],
}  # fmt: skip


def report(*matches: Any, configuration: Any = CONFIGURATION, **more: Any) -> dict[str, Any]:
    return {
        "matches": list(matches),
        "source": {"type": "image", "target": {
            "userInput": "app:1", "imageID": CONFIG, "manifestDigest": DIGEST, "tags": [],
            "mediaType": "application/vnd.oci.image.manifest.v1+json", "repoDigests": [],
            "layers": [{"mediaType": "x", "digest": DIFF, "size": 7}]}},
        "distro": {"name": "debian", "version": "12", "idLike": []},
        "descriptor": {
            "name": "grype", "version": "0.92.0", "configuration": configuration,
            "db": {"status": {"schemaVersion": "v6.0.2", "built": "2026-11-19T06:33:20Z",
                              "path": "/x", "valid": True}, "providers": {}},
            "timestamp": "2026-11-20T19:46:26.372724916+01:00"},
        **more,
    }  # fmt: skip


def test_the_worst_score_of_the_newer_versions_counts(tmp_path: Path) -> None:
    one = match(
        "CVE-2024-1111", "Negligible",
        [{"id": "CVE-2024-1111", "cvss": [scored("2.0", 10), scored("3.1", 5.5)]}],
        cvss=[scored("3.1", 6.2)], fix={"versions": ["0:3.0.15"], "state": "fixed"},
    )  # fmt: skip
    found = of(tmp_path, report(one))
    assert rows(found) == [("CVE-2024-1111", "libssl3", "3.0.11", "0:3.0.15", "medium", 6.2)]
    assert found.vulnerabilities[0].layer == DIFF
    assert found.data_as_of is not None
    assert found.data_as_of.day == 19
    assert found.made is not None
    assert found.gaps == []


@pytest.mark.parametrize("state", ["not-fixed", "wont-fix", "unknown"])
def test_what_is_not_mended_counts_as_well(tmp_path: Path, state: str) -> None:
    one = match("CVE-2024-1111", "High", fix={"versions": [], "state": state})
    assert rows(of(tmp_path, report(one))) == [
        ("CVE-2024-1111", "libssl3", "3.0.11", "", "high", None)
    ]


def test_an_erratum_is_as_many_as_it_mends(tmp_path: Path) -> None:
    one = match("ALAS2-2024-1", "medium", [
        {"id": "CVE-2024-1111", "cvss": [scored("3.1", 9.8)]},
        {"id": "CVE-2024-2222", "cvss": []},
    ])  # fmt: skip
    found = of(tmp_path, report(one))
    assert [(v.id, v.band, v.aliases) for v in found.vulnerabilities] == [
        ("CVE-2024-1111", "critical", ("ALAS2-2024-1",)),
        ("CVE-2024-2222", "medium", ("ALAS2-2024-1",)),
    ]


def test_the_first_versions(tmp_path: Path) -> None:
    old = {
        "matches": [{
            "vulnerability": {"id": "CVE-2020-1", "severity": "Low", "links": ["https://y"],
                              "cvssV2": {"baseScore": 5, "vector": "AV:N"},
                              "cvssV3": {"baseScore": 7.5, "vector": "CVSS:3.1/AV:N"},
                              "fixedInVersion": "3.0.15"},
            "matchDetails": {"matcher": "dpkg-matcher"},
            "artifact": artifact(cpes=[{"Part": "a"}])}],
        "source": {"type": "image", "target": {"userInput": "app:1", "scope": "Squashed",
                   "layers": [{"digest": DIFF, "size": 7}], "tags": ["app:1"]}},
        "distro": {"name": "debian", "version": "12", "idLike": ""},
        "descriptor": {"name": "grype", "version": "0.7.0"},
    }  # fmt: skip
    found = of(tmp_path, old)
    assert rows(found) == [("CVE-2020-1", "libssl3", "3.0.11", "3.0.15", "high", 7.5)]
    assert found.vulnerabilities[0].url == "https://y"
    assert check_image(found, image(), "r", alone=True) == ""


def test_nothing_found_is_clean_where_it_knows_the_system(tmp_path: Path) -> None:
    assert of(tmp_path, report()).looked
    nothing = report(distro={"name": "", "version": "", "idLike": None})
    assert not of(tmp_path, nothing).looked


@pytest.mark.parametrize(
    "setting",
    [
        {"only-fixed": True}, {"only-notfixed": True}, {"ignore-wontfix": "wont-fix"},
        {"exclude": ["/opt/**"]}, {"vex-documents": ["app.vex.json"]},
        {"ignore": [{"vulnerability": "CVE-2024-1111", "namespace": ""}]},
        {"ignore": [{"fix-state": "not-fixed", "namespace": "", "package": {"language": ""}}]},
    ],
)  # fmt: skip
def test_what_it_was_told_to_leave_out_is_a_gap(tmp_path: Path, setting: Any) -> None:
    found = of(tmp_path, report(configuration=CONFIGURATION | setting))
    assert ["it leaves out what" in gap for gap in found.gaps] == [True]


def test_packages_of_an_unknown_distribution_are_a_gap(tmp_path: Path) -> None:
    alert = {"type": "distro-unknown", "message": "unsupported distro"}
    blind = report(alertsByPackage=[{"package": artifact(), "alerts": [alert]}])
    assert "no data for the distribution" in of(tmp_path, blind).gaps[0]
    old = report(alertsByPackage=[{"package": artifact(), "alerts": [{"type": "distro-eol"}]}])
    assert of(tmp_path, old).gaps == []


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    folder = report(source={"type": "directory", "target": "app:1"})
    path = written(tmp_path, folder)
    assert "something else" in check_image(of(tmp_path, folder), image(), path, alone=True)
