"""Aqua's reports: the scanner's, the CI plugins', the server's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.scanners.reading import check_image
from dockgate.linter.errors import UsageError
from tests.builder.vulnerabilities.reports import CONFIG, DIGEST, LAYER, OTHER, image, of, rows


def vulnerability(**more: Any) -> dict[str, Any]:
    return {
        "name": "CVE-2024-1111", "description": "bad", "nvd_score": 7.5,
        "nvd_score_version": "CVSS v2", "nvd_severity": "high", "nvd_url": "https://x",
        "vendor_score": 3, "vendor_score_version": "Aqua", "vendor_severity": "low",
        "publish_date": "2026-08-06", "fix_version": "1.1.20-r5", "aqua_score": 7.5,
        "aqua_severity": "high", "aqua_scoring_system": "CVSS V2", **more,
    }  # fmt: skip


def resource(*vulnerabilities: Any, **more: Any) -> dict[str, Any]:
    return {
        "resource": {"format": "apk", "name": "musl", "version": "1.1.20-r4", "arch": "x86_64",
                     "cpe": "pkg:/alpine:3.9.4:musl:1.1.20-r4", "layer_digest": LAYER},
        "scanned": True, **({"vulnerabilities": list(vulnerabilities)} if vulnerabilities else {}),
        **more,
    }  # fmt: skip


def report(*resources: Any, **more: Any) -> dict[str, Any]:
    return {
        "image": "app:1", "registry": "x", "scan_started": {"seconds": 1795000000, "nanos": 2},
        "scan_duration": 25, "digest": CONFIG.removeprefix("sha256:"), "os": "alpine",
        "version": "3.9.4", "resources": list(resources), "data_date": 1794900000,
        "image_assurance_results": {"disallowed": True}, "pull_name": "app:1",
        "vulnerability_summary": {"total": 1, "high": 1, "negligible": 0, "score_average": 7.5},
        **more,
    }  # fmt: skip


def test_the_scanner(tmp_path: Path) -> None:
    found = of(tmp_path, report(resource(vulnerability(nvd_score_v3=9.8)), resource()))
    assert rows(found) == [
        ("CVE-2024-1111", "musl", "1.1.20-r4", "1.1.20-r5", "critical", 9.8)
    ]  # fmt: skip
    assert found.made is not None
    assert (found.made.year, found.made.month) == (2026, 11)
    assert found.data_as_of is not None
    assert found.data_as_of < found.made
    assert found.gaps == []
    assert check_image(found, image(), "r", alone=True) == ""


@pytest.mark.parametrize(
    ("more", "rating"),
    [
        ({}, ("high", 7.5)),
        ({"nvd_score_v3": 5.5}, ("medium", 5.5)),
        ({"vendor_score_v3": 4.7}, ("medium", 4.7)),
        ({"aqua_score": 9.8, "aqua_scoring_system": "CVSS V3"}, ("critical", 9.8)),
        ({"nvd_score": None, "aqua_score": None, "aqua_severity": "critical"}, ("critical", None)),
    ],
)  # fmt: skip
def test_scores_of_the_newer_versions_count(tmp_path: Path, more: Any, rating: Any) -> None:
    assert rows(of(tmp_path, report(resource(vulnerability(**more)))))[0][4:] == rating


def test_an_erratum_is_as_many_as_it_mends(tmp_path: Path) -> None:
    below = [{"name": "CVE-2024-1111", "vendor_score_v3": 4.4},
             {"name": "CVE-2024-2222", "description": "worse"}]  # fmt: skip
    erratum = vulnerability(name="RHSA-2024:0368", ref_vulns=below, vendor_score_v3=9.1)
    found = of(tmp_path, report(resource(erratum)))
    assert [(v.id, v.aliases, v.fixed, v.band) for v in found.vulnerabilities] == [
        ("CVE-2024-1111", ("RHSA-2024:0368",), "1.1.20-r5", "medium"),
        ("CVE-2024-2222", ("RHSA-2024:0368",), "1.1.20-r5", "critical"),
    ]


def test_what_it_has_not_looked_at(tmp_path: Path) -> None:
    clean = {"total": 0}
    assert of(tmp_path, report(resource(), vulnerability_summary=clean)).gaps == []
    assert not of(tmp_path, report(vulnerability_summary=clean)).looked
    skipped = report(resource(scanned=False), vulnerability_summary=clean)
    assert of(tmp_path, skipped).gaps == ["it has not scanned 1 of its resources"]
    dropped = report(resource(vulnerabilities=None), vulnerability_summary={"total": 24})
    assert of(tmp_path, dropped).gaps == ["it counts 24 vulnerabilities, and lists 0"]


def test_a_pipelines_list_of_one_image(tmp_path: Path) -> None:
    one = {"image_name": "app:1", "results": report(resource(vulnerability()))}
    assert len(of(tmp_path, [one]).vulnerabilities) == 1
    with pytest.raises(UsageError, match="about 2 images"):
        of(tmp_path, [one, one])


PLUGIN = {
    "status": "SCANNED", "image_name": "app:1", "registry": "x", "disallowed": False,
    "cves_counts": {"total": 1}, "errorMsg": None, "cves": [{
        "file": "curl", "name": "CVE-2024-1111", "type": "CVE", "description": "bad", "score": "5",
        "severity": "high", "score_version": "CVSS v2", "acknowledged": True, "url": "https://x",
        "fix_version": "7.68.0"}],
}  # fmt: skip


def test_a_plugin_says_no_versions(tmp_path: Path) -> None:
    found = of(tmp_path, PLUGIN)
    assert rows(found) == [("CVE-2024-1111", "curl", "", "7.68.0", "medium", 5.0)]
    assert found.names == {"app:1", "x/app:1"}
    assert not of(tmp_path, PLUGIN | {"cves": []}).looked
    assert of(tmp_path, PLUGIN | {"cves": []}).gaps == ["it counts 1 vulnerabilities, and lists 0"]
    for failed in ({"status": "FAILED"}, {"errorMsg": "no such image"}):
        with pytest.raises(UsageError, match="has not scanned"):
            of(tmp_path, PLUGIN | failed)


def row(digest: str = DIGEST) -> dict[str, Any]:
    return {
        "name": "CVE-2024-1111", "description": "bad", "nvd_cvss2_score": 10,
        "nvd_cvss3_severity": "high", "nvd_cvss3_score": 7.1, "fix_version": "8.4.0",
        "aqua_score": 7.1, "aqua_severity": "high", "aqua_scoring_system": "CVSS V3",
        "resource": {"type": "package", "format": "npm", "path": "/srv/node_modules/jwt",
                     "name": "jwt", "version": "0.4.0"},
        "registry": "x", "image_name": "app:1", "image_digest": digest,
    }  # fmt: skip


def page(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"count": len(entries), "page": 1, "pagesize": 200, "result": list(entries), **more}


def test_the_server(tmp_path: Path) -> None:
    found = of(tmp_path, page(row()))
    assert rows(found) == [("CVE-2024-1111", "jwt", "0.4.0", "8.4.0", "high", 7.1)]
    assert found.digests == {DIGEST}
    assert found.gaps == []
    assert of(tmp_path, page(row(), count=99)).gaps == ["it is a page with 1 of 99 vulnerabilities"]
    assert of(tmp_path, page(row(), is_partial_data=True)).gaps == ["it is partial by its own word"]
    assert not of(tmp_path, page()).looked
    with pytest.raises(UsageError, match="about 2 images"):
        of(tmp_path, page(row(), row(OTHER)))
