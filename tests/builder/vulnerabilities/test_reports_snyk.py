"""Snyk's reports: of images, with and without their applications."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from dockgate.linter.errors import UsageError
from tests.builder.vulnerabilities.reports import of, rows


def vulnerability(**more: Any) -> dict[str, Any]:
    return {
        "id": "SNYK-DEBIAN12-GCC12-1", "title": "CVE-2024-1111", "CVSSv3": "CVSS:3.1/AV:N",
        "semver": {"vulnerable": ["*"]}, "fixedIn": [], "patches": [], "language": "linux",
        "severity": "low", "severityWithCritical": "low", "cvssScore": 4.8,
        "identifiers": {"CVE": ["CVE-2024-1111"], "CWE": [], "ALTERNATIVE": []},
        "nvdSeverity": "medium", "packageName": "gcc-12", "packageManager": "debian:12",
        "from": ["docker-image|app@1", "gcc-12/libgcc-s1@12.2.0-14"], "upgradePath": [],
        "isUpgradable": False, "name": "gcc-12/libgcc-s1", "version": "12.2.0-14", **more,
    }  # fmt: skip


def project(*vulnerabilities: Any, **more: Any) -> dict[str, Any]:
    return {
        "vulnerabilities": list(vulnerabilities), "ok": not vulnerabilities, "dependencyCount": 9,
        "org": "x", "policy": "version: v1.25.1\nignore: {}\n", "isPrivate": True,
        "packageManager": "deb", "docker": {"binariesVulns": {"issuesData": {}}},
        "filtered": {"ignore": [], "patch": []}, "hasUnknownVersions": False,
        "uniqueCount": len(vulnerabilities[:1]),
        "projectName": "docker-image|app", "platform": "linux/amd64", "path": "app:1", **more,
    }  # fmt: skip


NODE = vulnerability(
    id="SNYK-JS-BRACES-1", language="js", packageName="@x/braces", name="@x/braces",
    version="2.3.2", packageManager="npm", fixedIn=["3.0.3"], cvssScore=7.5,
    identifiers={"CVE": [], "CWE": [], "GHSA": ["GHSA-a1b2-c3d4-e5f6"]},
)  # fmt: skip
APPLICATION = {
    "vulnerabilities": [NODE], "ok": False, "dependencyCount": 71, "packageManager": "npm",
    "docker": {}, "filtered": {"ignore": [], "patch": []}, "targetFile": "/srv/package.json",
    "projectName": "app", "path": "app:1",
}  # fmt: skip
ROW = ("CVE-2024-1111", "libgcc-s1", "12.2.0-14", "", "medium", 4.8)


def test_the_binary_package_counts_and_each_once(tmp_path: Path) -> None:
    other = vulnerability(name="gcc-12/libgomp1")
    found = of(tmp_path, project(vulnerability(), vulnerability(), other))
    assert rows(found) == [ROW, (ROW[0], "libgomp1", *ROW[2:])]
    assert found.names == {"app:1"}
    assert found.looked
    assert found.gaps == []


def test_applications_belong_to_the_image(tmp_path: Path) -> None:
    expected = ("SNYK-JS-BRACES-1", "@x/braces", "2.3.2", "3.0.3", "high", 7.5)
    found = of(tmp_path, project(vulnerability(), applications=[APPLICATION]))
    assert rows(found) == [ROW, expected]
    assert found.vulnerabilities[1].path == "srv/package.json"
    assert found.vulnerabilities[1].aliases == ("GHSA-a1b2-c3d4-e5f6",)
    assert rows(of(tmp_path, [project(vulnerability()), APPLICATION])) == [ROW, expected]


def test_grouped_issues_have_all_names(tmp_path: Path) -> None:
    names = ["gcc-12/libgcc-s1", "gcc-12/libgomp1", "gcc-12/libgcc-s1"]
    found = of(tmp_path, project(vulnerability(name=names, **{"from": [["a"], ["b"], ["c"]]})))
    assert [v.package for v in found.vulnerabilities] == ["libgcc-s1", "libgomp1"]


@pytest.mark.parametrize(
    ("more", "rating"),
    [
        ({"cvssDetails": [{"assigner": "SUSE", "cvssV3BaseScore": 8.1}]}, ("high", 8.1)),
        ({"cvssSources": [{"assigner": "NVD", "cvssVersion": "4.0", "baseScore": 9.3},
                          {"assigner": "NVD", "cvssVersion": "2.0", "baseScore": 10}]},
         ("critical", 9.3)),
        ({"cvssScore": None, "severity": "high", "severityWithCritical": "critical"},
         ("critical", None)),
        ({"cvssScore": None, "severity": "low", "severityWithCritical": None}, ("low", None)),
    ],
)  # fmt: skip
def test_the_worst_of_what_it_quotes_counts(tmp_path: Path, more: Any, rating: Any) -> None:
    assert rows(of(tmp_path, project(vulnerability(**more))))[0][4:] == rating


def test_an_image_in_which_it_has_found_no_packages_is_not_clean(tmp_path: Path) -> None:
    scratch = project(packageManager="linux", dependencyCount=0)
    scratch["docker"] = {"baseImageRemediation": {"code": "SCRATCH_BASE_IMAGE", "advice": [
        {"message": "Note that there is no vulnerability data for this image."}]}}  # fmt: skip
    assert not of(tmp_path, scratch).looked
    assert of(tmp_path, scratch | {"applications": [APPLICATION]}).looked
    assert of(tmp_path, project()).looked


def test_what_it_leaves_out_is_a_gap_and_what_it_ignores_counts(tmp_path: Path) -> None:
    found = of(tmp_path, project(severityThreshold="high", summary="No high vulnerabilities"))
    assert "--severity-threshold" in found.gaps[0]
    unknown = of(tmp_path, project(hasUnknownVersions=True))
    assert unknown.gaps == ["it does not know the versions of some packages"]
    dropped = of(tmp_path, project(vulnerability(), uniqueCount=75))
    assert dropped.gaps == ["it counts 75 vulnerabilities, and lists 1"]
    ignored = vulnerability(filtered={"ignored": [{"reason": "later", "path": ["*"]}]})
    assert rows(of(tmp_path, project(filtered={"ignore": [ignored], "patch": []}))) == [ROW]


def test_a_test_of_a_project_is_none_of_an_image(tmp_path: Path) -> None:
    app = copy.deepcopy(APPLICATION) | {"path": "app:1"}
    del app["docker"]
    for document in (app, [app], [project(), app]):
        with pytest.raises(UsageError, match="snyk container test"):
            of(tmp_path, document)


def test_a_list_that_is_none_is_not_clean(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no list of vulnerabilities"):
        of(tmp_path, project(vulnerabilities=None))


def test_a_test_that_failed_is_said(tmp_path: Path) -> None:
    failed = {"ok": False, "error": "authentication failed", "path": "app:1"}
    for document in (failed, [project(), failed]):
        with pytest.raises(UsageError, match="could not be tested"):
            of(tmp_path, document)
