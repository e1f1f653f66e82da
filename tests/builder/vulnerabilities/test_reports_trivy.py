"""Trivy's reports that are not what `trivy image` writes today."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.scanners.reading import check_image
from dockgate.linter.errors import UsageError
from tests.builder.vulnerabilities.reports import CONFIG, DIGEST, image, of

FOUND = {"VulnerabilityID": "CVE-2024-1111", "PkgName": "bash", "InstalledVersion": "5.0-4",
         "Severity": "LOW"}  # fmt: skip
RESULT = {"Target": "app:1 (debian 12.1)", "Class": "os-pkgs", "Type": "debian"}


def report(*results: Any, **more: Any) -> dict[str, Any]:
    return {
        "SchemaVersion": 2, "ReportID": "0199", "Trivy": {"Version": "0.68"},
        "CreatedAt": "2026-11-20T10:00:00Z", "ArtifactID": "sha256:" + "9" * 64,
        "ArtifactName": "app:1", "ArtifactType": "container_image",
        "Metadata": {"OS": {"Family": "debian", "Name": "12.1"}, "ImageID": CONFIG,
                     "RepoTags": ["app:1"], "RepoDigests": [f"app@{DIGEST}"]},
        "Results": list(results), **more,
    }  # fmt: skip


def test_a_clean_image_has_results_without_vulnerabilities(tmp_path: Path) -> None:
    found = of(tmp_path, report(RESULT))
    assert found.looked
    assert found.vulnerabilities == []
    assert found.gaps == []
    assert check_image(found, image(), "r", alone=True) == ""


def test_a_system_that_it_does_not_cover_is_a_gap(tmp_path: Path) -> None:
    language = {"Target": "Node.js", "Class": "lang-pkgs", "Type": "node-pkg"}
    assert of(tmp_path, report(language)).gaps == ["it says nothing of the packages of debian"]
    assert of(tmp_path, report(language, Metadata={"ImageID": CONFIG})).gaps == []


def test_what_somebody_has_suppressed_counts(tmp_path: Path) -> None:
    modified = [
        {"Type": "vulnerability", "Status": "ignored", "Source": ".trivyignore", "Finding": FOUND},
        {"Type": "license", "Status": "ignored", "Finding": {"Name": "MPL-2.0"}},
    ]
    found = of(tmp_path, report(RESULT | {"ExperimentalModifiedFindings": modified}))
    assert [v.id for v in found.vulnerabilities] == ["CVE-2024-1111"]


@pytest.mark.parametrize("kind", ["filesystem", "repository", "cyclonedx"])
def test_what_is_no_image_is_told(tmp_path: Path, kind: str) -> None:
    found = of(tmp_path, report(RESULT, ArtifactType=kind, Metadata={}))
    assert "something else" in check_image(found, image(), "r", alone=True)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ([{"Target": "app (debian 10.8)", "Type": "debian", "Vulnerabilities": [FOUND]}],
         "use a current Trivy"),
        ([{"Target": "app (debian 10.8)", "Vulnerabilities": None}], "use a current Trivy"),
        ({"ClusterName": "x", "Vulnerabilities": [{"Kind": "Deployment", "Results": [RESULT]}]},
         "about a cluster"),
        ({"ClusterName": "x", "Resources": []}, "about a cluster"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said(tmp_path: Path, document: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        of(tmp_path, document)
