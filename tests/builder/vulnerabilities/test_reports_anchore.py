"""Anchore's reports: the engine's API, anchorectl, Enterprise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.builder.vulnerabilities.reports import DIGEST, of, rows

ENGINE = {
    "feed": "vulnerabilities", "feed_group": "rhel:8", "fix": "None", "inherited_from_base": True,
    "nvd_data": [{"id": "CVE-2024-1111",
                  "cvss_v2": {"base_score": 10, "exploitability_score": 10},
                  "cvss_v3": {"base_score": 7.5, "exploitability_score": 3.9}}],
    "package": "curl-7.61.1-14.el8", "package_cpe": "None", "package_name": "curl",
    "package_path": "pkgdb", "package_type": "rpm", "package_version": "7.61.1-14.el8",
    "severity": "Low", "url": "https://x", "vendor_data": [], "vuln": "CVE-2024-1111",
}  # fmt: skip
CTL = {
    "feed": "vulnerabilities", "feedGroup": "rhel:8", "fix": "7.61.2", "package": "curl-7.61.1",
    "packageCpe": "None", "packageName": "curl", "packagePath": "None", "packageType": "rpm",
    "packageVersion": "7.61.1-14.el8", "severity": "High", "url": "https://x",
    "description": "bad", "nvdData": [{"id": "CVE-2024-1111", "cvssV3": {"baseScore": -1},
                                       "cvssV2": {"baseScore": 7.1}}],
    "vuln": "CVE-2024-1111",
}  # fmt: skip
ROW = ("CVE-2024-1111", "curl", "7.61.1-14.el8", "", "high", 7.5)
CTL_ROW = ("CVE-2024-1111", "curl", "7.61.1-14.el8", "7.61.2", "high", 7.1)


@pytest.mark.parametrize(
    ("document", "row", "digests"),
    [
        ({"imageDigest": DIGEST, "vulnerability_type": "all", "vulnerabilities": [ENGINE]},
         ROW, {DIGEST}),
        ({"image_digest": DIGEST, "base_digest": "", "vulnerabilities": [ENGINE]}, ROW, {DIGEST}),
        ({"imageDigest": DIGEST, "vulnerabilityType": "all", "vulnerabilities": [CTL]},
         CTL_ROW, {DIGEST}),
        ({"sbom_id": "1", "extended_support": False, "vulnerabilities": [ENGINE]}, ROW, set()),
        ([CTL], CTL_ROW, set()),
    ],
)  # fmt: skip
def test_every_spelling_is_read(
    tmp_path: Path, document: Any, row: tuple[Any, ...], digests: set[str]
) -> None:
    found = of(tmp_path, document)
    assert found.tool == "anchore"
    assert rows(found) == [row]
    assert found.vulnerabilities[0].path == ""
    assert found.digests == digests
    assert found.gaps == []


def test_packages_of_the_system_alone_are_not_all(tmp_path: Path) -> None:
    found = of(tmp_path, {"imageDigest": DIGEST, "vulnerability_type": "os", "vulnerabilities": []})
    assert found.gaps == ["it is about packages of type os only: ask for `all`"]


def evaluated(identity: str, cves: str, kind: str, package: str, score: Any) -> dict[str, Any]:
    return {
        "vulnerabilityId": identity, "cves": cves, "severity": "Medium", "packageType": kind,
        "detectedAt": "2026-11-10T15:09:00Z", "path": "pkgdb", "package": package,
        "fixAvailable": "None", "fixObservedAt": "N/A", "link": "https://x",
        "nvdCvssBaseScore": score,
    }  # fmt: skip


EVALUATION = {
    "metadata": {"registry": "docker.io", "repository": "app", "tag": "1",
                 "imageDigest": DIGEST, "timestamp": "2026-11-13T10:09:59.971Z"},
    "securityEvaluation": [
        evaluated("CVE-2024-1111", "CVE-2024-1111", "RPM", "cups-libs-1:2.2.6-61.el8", 9.8),
        evaluated("GHSA-1", "CVE-2024-2222, CVE-2024-3333", "Java", "tomcat-api-9.0.97", "N/A"),
        evaluated("GHSA-2", "", "Java", "nameless", "N/A"),
    ],
}  # fmt: skip


def test_a_report_of_enterprise(tmp_path: Path) -> None:
    found = of(tmp_path, EVALUATION)
    assert rows(found) == [
        ("CVE-2024-1111", "cups-libs", "1:2.2.6-61.el8", "", "critical", 9.8),
        ("CVE-2024-2222", "tomcat-api", "9.0.97", "", "medium", None),
        ("CVE-2024-3333", "tomcat-api", "9.0.97", "", "medium", None),
        ("GHSA-2", "nameless", "", "", "medium", None),
    ]
    assert found.digests == {DIGEST}
    assert found.names == {"app:1", "docker.io/app:1"}
    assert found.made is not None
    assert found.made.day == 13
