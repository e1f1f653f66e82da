"""Clair's reports: version 4, Quay, version 2 and the programs that asked it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.scanners.reading import check_image
from dockgate.linter.errors import UsageError
from tests.builder.vulnerabilities.reports import DIGEST, LAYER, image, of, rows

CVSS = "message/vnd.clair.map.vulnerability; enricher=clair.cvss schema=https://x/cvss-v3.x.json"
EPSS = CVSS.replace("clair.cvss", "clair.epss")


def package(number: str, name: str, source: str) -> dict[str, Any]:
    return {
        "id": number, "name": name, "version": "2.7.18-2.140", "kind": "binary", "arch": "x86_64",
        "source": {"id": source, "name": "python27", "version": "2.7.18-2.140", "kind": "source",
                   "normalized_version": "", "cpe": ""},
        "normalized_version": "", "cpe": "",
    }  # fmt: skip


def known(number: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number, "updater": "x", "name": name, "description": "bad", "links": "https://x y",
        "issued": "2026-02-23T20:18:00Z", "severity": "medium", "normalized_severity": "Medium",
        "package": {"id": "", "name": "python27", "version": "", "kind": "binary"},
        "distribution": {"id": "", "did": "amzn"}, "repository": {"cpe": ""},
        "fixed_in_version": "2.7.18-2.141", **more,
    }  # fmt: skip


def place(distribution: str, repositories: list[str] | None = None) -> dict[str, Any]:
    return {"package_db": "bdb:var/lib/rpm", "introduced_in": LAYER,
            "distribution_id": distribution, "repository_ids": repositories}  # fmt: skip


def report(**more: Any) -> dict[str, Any]:
    return {
        "manifest_hash": DIGEST,
        "packages": {"1040": package("1040", "python27-libs", "987")},
        "distributions": {"7": {"id": "7", "did": "amzn"}}, "repository": {},
        "environments": {"1040": [place("", []), place("7")]},
        "vulnerabilities": {"53851": known("53851", "CVE-2024-1111")},
        "package_vulnerabilities": {"1040": ["53851"]}, "enrichments": {}, **more,
    }  # fmt: skip


def test_a_match_of_a_source_package_is_read(tmp_path: Path) -> None:
    found = of(tmp_path, report(package_vulnerabilities={"987": ["53851"]}))
    assert rows(found) == [
        ("CVE-2024-1111", "python27", "2.7.18-2.140", "2.7.18-2.141", "medium", None)
    ]
    assert found.vulnerabilities[0].layer == LAYER
    assert found.vulnerabilities[0].path == "var/lib/rpm"
    assert found.gaps == []


@pytest.mark.parametrize(
    ("name", "links", "ids"),
    [
        ("CVE-2024-1111 ncurses", "", {"CVE-2024-1111": ()}),
        ("GHSA-a1b2-c3d4-e5f6 CVE-2024-1111", "", {"CVE-2024-1111": ("GHSA-a1b2-c3d4-e5f6",)}),
        ("GHSA-a1b2-c3d4-e5f6", "https://x/CVE-2024-1111", {"GHSA-a1b2-c3d4-e5f6": ()}),
        ("RHSA-2024:0001: openssl security update (Important)",
         "https://x/RHSA-2024:0001 https://x/CVE-2024-1111 https://x/CVE-2024-2222",
         {"CVE-2024-1111": ("RHSA-2024:0001",), "CVE-2024-2222": ("RHSA-2024:0001",)}),
        ("ALAS-2024-1484", "http://x?name=CVE-2024-1111", {"CVE-2024-1111": ("ALAS-2024-1484",)}),
    ],
)  # fmt: skip
def test_what_its_names_stand_for(tmp_path: Path, name: str, links: str, ids: Any) -> None:
    found = of(tmp_path, report(vulnerabilities={"53851": known("53851", name, links=links)}))
    assert {v.id: v.aliases for v in found.vulnerabilities} == ids


def test_scores_are_those_of_the_enricher_for_cvss(tmp_path: Path) -> None:
    given = {
        CVSS: [{"53851": [{"version": "3.1", "baseScore": 9.1}]}],
        EPSS: [{"53851": [{"cve": "CVE-2024-1111", "epss": 0.1, "baseScore": 10}]}],
    }
    assert rows(of(tmp_path, report(enrichments=given)))[0][4:] == ("critical", 9.1)


def test_packages_of_no_distribution_that_it_knows_are_a_gap(tmp_path: Path) -> None:
    blind = report(environments={"1040": [place("", [])]}, package_vulnerabilities={})
    assert "no data for 1 packages" in of(tmp_path, blind).gaps[0]
    of_a_language = report(environments={"1040": [place("", ["2"])]})
    assert of(tmp_path, of_a_language).gaps == []


def test_nothing_found_is_clean_where_it_has_found_packages(tmp_path: Path) -> None:
    found = of(tmp_path, report(vulnerabilities={}, package_vulnerabilities={}))
    assert found.looked
    assert found.vulnerabilities == []
    assert not of(tmp_path, report(packages={}, package_vulnerabilities={})).looked


@pytest.mark.parametrize(
    "more",
    [
        {"package_vulnerabilities": {"1": ["53851"]}},
        {"package_vulnerabilities": {"1040": ["1"]}},
        {"package_vulnerabilities": {"1040": "53851"}},
        {"package_vulnerabilities": {"1040": [{}]}}, {"package_vulnerabilities": None},
        {"success": False}, {"err": "layer not fetched"},
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_no_report(tmp_path: Path, more: Any) -> None:
    with pytest.raises(UsageError):
        of(tmp_path, report(**more))


def test_the_first_reports_of_version_4_had_numbers(tmp_path: Path) -> None:
    old = report(package_vulnerabilities={"1040": [53851]}, manifest_hash="a" * 64)
    found = of(tmp_path, old)
    assert len(found.vulnerabilities) == 1
    assert found.digests == {DIGEST}


FEATURE = {
    "Name": "libncurses6", "VersionFormat": "", "NamespaceName": "", "AddedBy": LAYER,
    "Version": "6.2-2", "Vulnerabilities": [{
        "Severity": "High", "NamespaceName": "debian/updater/bullseye", "FixedBy": "0:6.2-3",
        "Link": "https://x https://y", "Description": "bad", "Name": "CVE-2024-1111 ncurses",
        "Metadata": {"UpdatedBy": "x", "NVD": {"CVSSv3": {"Vectors": "", "Score": 7.1}}}}],
}  # fmt: skip


def quay(status: str, features: list[Any] | None) -> dict[str, Any]:
    layer = {"Name": DIGEST, "ParentName": "", "NamespaceName": "", "IndexedByVersion": 4,
             "Features": features}  # fmt: skip
    return {"status": status, "data": None if features is None else {"Layer": layer}}


def test_quay(tmp_path: Path) -> None:
    found = of(tmp_path, quay("scanned", [FEATURE]))
    assert rows(found) == [("CVE-2024-1111", "libncurses6", "6.2-2", "0:6.2-3", "high", 7.1)]
    assert check_image(found, image(), "r", alone=True) == ""


def test_a_system_that_quay_does_not_support_is_not_clean(tmp_path: Path) -> None:
    assert not of(tmp_path, quay("scanned", [])).looked
    with pytest.raises(UsageError, match="has not scanned"):
        of(tmp_path, quay("queued", None))


OLD = {"Name": "CVE-2024-1111", "NamespaceName": "centos:7", "Description": "bad", "Link": "x",
       "Severity": "High", "FixedBy": "4:5.16.3-294.el7"}  # fmt: skip


PERL = OLD | {"FeatureName": "perl-libs", "FeatureVersion": "4:5.16.3-293.el7"}
KLAR = {
    "LayerCount": 9,
    "Vulnerabilities": {
        "High": [PERL],
        "Defcon1": [PERL | {"Name": "RHSA-2024:0109", "Severity": "Defcon1"}],
    },
}


def test_klar(tmp_path: Path) -> None:
    found = of(tmp_path, KLAR)
    assert rows(found) == [
        ("CVE-2024-1111", "perl-libs", "4:5.16.3-293.el7", "4:5.16.3-294.el7", "high", None),
        ("RHSA-2024:0109", "perl-libs", "4:5.16.3-293.el7", "4:5.16.3-294.el7", "critical", None),
    ]
    assert "does not say of which image" in check_image(found, image(), "r", alone=True)
    assert of(tmp_path, {"LayerCount": 9, "Vulnerabilities": {}}).looked
    assert not of(tmp_path, {"LayerCount": 0, "Vulnerabilities": {}}).looked


def layer(name: str) -> dict[str, Any]:
    features = [
        {"Name": name, "Namespace": "ubuntu:14.04", "Version": "1", "AddedBy": LAYER,
         "Vulnerabilities": [OLD]},
        {"Name": "dash", "Namespace": "ubuntu:14.04", "Version": "2", "AddedBy": LAYER},
    ]  # fmt: skip
    return {"Layer": {"Name": LAYER, "Namespace": "ubuntu:14.04", "ParentName": "x",
                      "IndexedByVersion": 2, "Features": features}}  # fmt: skip


CLAIRCTL = {
    "Registry": "x:5000", "ImageName": "app", "Tag": "1",
    "Layers": [layer("sudo"), layer("sudo"), layer("perl")],
}  # fmt: skip


def test_clairctl_of_version_2_has_every_layer(tmp_path: Path) -> None:
    found = of(tmp_path, CLAIRCTL)
    assert sorted(v.package for v in found.vulnerabilities) == ["perl", "sudo"]
    assert check_image(found, image(), "r", alone=True) == ""


def test_clair_scanner_names_what_it_has_found_only(tmp_path: Path) -> None:
    assert not of(tmp_path, {"image": "app:1", "unapproved": [], "vulnerabilities": []}).looked
    one = {"featurename": "glibc", "featureversion": "2.27", "vulnerability": "CVE-2024-1111",
           "namespace": "ubuntu:18.04", "severity": "Medium", "fixedby": ""}  # fmt: skip
    told = ["CVE-2024-1111", "CVE-2024-2222"]
    found = of(tmp_path, {"image": "app:1", "unapproved": told, "vulnerabilities": [one]})
    assert found.gaps == ["it names 1 vulnerabilities that it does not list"]
