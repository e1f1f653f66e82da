"""Packages of images against made OSV data."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.packages.inventory import Inventory
from dockgate.builder.packages.package import Distro, Package
from dockgate.builder.vulnerabilities.database import Database, now
from dockgate.builder.vulnerabilities.match import Matched, match
from tests.builder.vulnerabilities.made import CRITICAL, HIGH, MEDIUM, NOW, advisory, database

DEBIAN = Distro("debian", "12", "Debian GNU/Linux 12 (bookworm)")
FIXED = [("introduced", "0"), ("fixed", "2.0")]
WEEK = timedelta(days=7)
NO_DISTRO = Distro()


def matched(
    folder: Path,
    packages: list[Package],
    records: list[dict[str, Any]],
    distro: Distro = NO_DISTRO,
    when: Any = NOW,
) -> Matched:
    with Database(database(folder, records, when)) as data:
        return match(Inventory(packages, distro, []), data, WEEK, now())


def found(result: Matched) -> list[tuple[str, str, str, str]]:
    return [(one.id, one.package, one.version, one.fixed) for one in result.vulnerabilities]


OS = [
    (Distro("debian", "12"), "Debian:12", Package("deb", "libx", "1:1.0", "src", "1.0"), "src"),
    (Distro("debian", "12"), "Debian:12", Package("deb", "libx", "1.0"), "libx"),
    (Distro("debian", "trixie"), "Debian:trixie", Package("deb", "libx", "1.0"), "libx"),
    (Distro("ubuntu", "22.04"), "Ubuntu:22.04:LTS", Package("deb", "b", "1.0", "src"), "src"),
    (Distro("ubuntu", "23.10"), "Ubuntu:23.10", Package("deb", "b", "1.0", "src"), "src"),
    (Distro("alpine", "3.19.1"), "Alpine:v3.19", Package("apk", "b", "1.0-r0", "src"), "src"),
    (Distro("alpine", "3.21_alpha2"), "Alpine:edge", Package("apk", "b", "1.0-r0"), "b"),
    (Distro("wolfi", "20230201"), "Wolfi", Package("apk", "b", "1.0-r0", "src"), "src"),
    (Distro("wolfi", "20230201"), "Wolfi", Package("apk", "b", "1.0-r0", "src"), "b"),
    (Distro("chainguard", "20230214"), "Chainguard", Package("apk", "b", "1.0-r0"), "b"),
    (Distro("rocky", "9.3"), "Rocky Linux:9", Package("rpm", "b", "1.0-1", "src", "1.0-1"), "src"),
    (Distro("almalinux", "9.3"), "AlmaLinux:9", Package("rpm", "b", "1.0-1", "src", "1.0-1"), "b"),
    (Distro("rhel", "9.3"), "Red Hat:enterprise_linux:9::baseos", Package("rpm", "b", "1-1"), "b"),
    (Distro("opensuse-leap", "15.5", "openSUSE Leap 15.5"), "openSUSE:Leap 15.5",
     Package("rpm", "b", "1.0-1", "src", "1.0-1"), "src"),
    (Distro("sles", "15.5"), "SUSE:Linux Enterprise Module for Basesystem 15 SP5",
     Package("rpm", "b", "1.0-1", "src", "1.0-1"), "src"),
]  # fmt: skip


@pytest.mark.parametrize(("distro", "ecosystem", "package", "name"), OS)
def test_distributions(
    tmp_path: Path, distro: Distro, ecosystem: str, package: Package, name: str
) -> None:
    other = ecosystem.replace(":9::", ":90::") if "::" in ecosystem else f"{ecosystem}0"
    records = [
        advisory("CVE-2024-1111", ecosystem, name, FIXED, vector=HIGH),
        advisory("CVE-2024-2222", ecosystem, name, [("introduced", "0"), ("fixed", "0.5")]),
        advisory("CVE-2024-3333", other, name, FIXED),
    ]
    result = matched(tmp_path, [package], records, distro)
    assert found(result) == [("CVE-2024-1111", package.name, package.version, "2.0")]
    assert result.gaps == []


LANGUAGES = [
    (Package("pypi", "Ruamel.Yaml", "1.0"), "PyPI", "ruamel-yaml", "Ruamel.Yaml"),
    (Package("npm", "core", "1.0.0", namespace="@babel"), "npm", "@babel/core", "@babel/core"),
    (Package("gem", "rack", "1.0"), "RubyGems", "rack", "rack"),
    (Package("cargo", "http", "1.0.0"), "crates.io", "http", "http"),
    (Package("maven", "x", "1.0", namespace="org.y"), "Maven", "org.y:x", "org.y:x"),
    (Package("golang", "net", "v1.0.0", namespace="golang.org/x"), "Go", "golang.org/x/net",
     "golang.org/x/net"),
    (Package("golang", "stdlib", "go1.0.1"), "Go", "stdlib", "stdlib"),
    (Package("golang", "stdlib", "1.22.3"), "Go", "stdlib", "stdlib"),
    (Package("golang", "stdlib", "1.22rc1"), "Go", "stdlib", "stdlib"),
    (Package("nuget", "Newtonsoft.Json", "1.0"), "NuGet", "newtonsoft.json", "Newtonsoft.Json"),
    (Package("composer", "http", "v1.0.0", namespace="symfony"), "Packagist", "Symfony/Http",
     "symfony/http"),
]  # fmt: skip


@pytest.mark.parametrize(("package", "ecosystem", "name", "told"), LANGUAGES)
def test_languages(tmp_path: Path, package: Package, ecosystem: str, name: str, told: str) -> None:
    records = [advisory("GHSA-1", ecosystem, name, FIXED, aliases=["CVE-2024-1111"])]
    result = matched(tmp_path, [package], records)
    assert found(result) == [("CVE-2024-1111", told, package.version, "2.0")]
    assert result.vulnerabilities[0].aliases == ("GHSA-1",)
    assert result.vulnerabilities[0].purl == package.purl


def test_records_of_one_vulnerability_are_one(tmp_path: Path) -> None:
    records = [
        advisory("GHSA-1", "PyPI", "p", FIXED, aliases=["CVE-2024-1111"], vector=MEDIUM),
        advisory("PYSEC-1", "PyPI", "p", [("introduced", "0"), ("fixed", "2.1")],
                 aliases=["CVE-2024-1111", "GHSA-1"], vector=HIGH),
        advisory("GHSA-2", "PyPI", "p", FIXED, aliases=["PYSEC-2"]),
        advisory("PYSEC-2", "PyPI", "p", FIXED, aliases=["GHSA-2"]),
    ]  # fmt: skip
    result = matched(tmp_path, [Package("pypi", "p", "1.0")], records)
    assert found(result) == [("CVE-2024-1111", "p", "1.0", "2.1"), ("GHSA-2", "p", "1.0", "2.0")]
    assert result.vulnerabilities[0].score == 7.5
    assert result.vulnerabilities[0].aliases == ("GHSA-1", "PYSEC-1")


def test_an_erratum_is_as_many_vulnerabilities_as_it_mends(tmp_path: Path) -> None:
    records = [
        advisory("DSA-1-1", "Debian:12", "src", FIXED, upstream=["CVE-2024-1111", "CVE-2024-2222"],
                 vector=CRITICAL),
        advisory("DEBIAN-CVE-2024-1111", "Debian:12", "src", FIXED, upstream=["CVE-2024-1111"],
                 vector=MEDIUM),
    ]  # fmt: skip
    package = Package("deb", "libx", "1.0", "src")
    result = matched(tmp_path, [package], records, DEBIAN)
    assert {(one.id, one.score) for one in result.vulnerabilities} == {
        ("CVE-2024-1111", 5.5),  # by the record of its own
        ("CVE-2024-2222", 9.8),  # nothing else rates it
    }
    erratum = advisory("ALSA-1", "AlmaLinux:9", "b", FIXED, related=["CVE-2024-1111"])
    rpm = matched(tmp_path, [Package("rpm", "b", "1.0-1")], [erratum], Distro("almalinux", "9"))
    assert [(one.id, one.band) for one in rpm.vulnerabilities] == [("CVE-2024-1111", "unrated")]


def test_what_nobody_has_rated_is_looked_up_by_its_cve(tmp_path: Path) -> None:
    records = [
        advisory("DEBIAN-CVE-2024-1111", "Debian:12", "src", FIXED, upstream=["CVE-2024-1111"]),
        advisory("GHSA-1", "PyPI", "q", FIXED, aliases=["CVE-2024-1111"], vector=HIGH),
    ]
    result = matched(tmp_path, [Package("deb", "libx", "1.0", "src")], records, DEBIAN)
    assert [(one.band, one.score) for one in result.vulnerabilities] == [("high", 7.5)]


def test_binaries_that_a_record_does_not_name_are_not_meant(tmp_path: Path) -> None:
    specific = {"ecosystem_specific": {"binaries": [{"b": "2.0-1", "b-libs": "2.0-1"}]}}
    record = advisory("SUSE-SU-1", "openSUSE:Leap 15.5", "src", FIXED, affected=specific)
    distro = Distro("opensuse-leap", "15.5", "openSUSE Leap 15.5")
    packages = [Package("rpm", name, "1.0-1", "src", "1.0-1") for name in ("b", "b-docs")]
    assert [row[1] for row in found(matched(tmp_path, packages, [record], distro))] == ["b"]


@pytest.mark.parametrize(
    ("package", "distro", "wanted"),
    [
        (Package("pypi", "p", "1.0"), Distro(), "no vulnerability data for PyPI (1 packages)"),
        (Package("deb", "p", "1.0"), Distro("debian", "11"), "data for Debian:11 (1 packages)"),
        (Package("rpm", "p", "1-1"), Distro("fedora", "40"), "rpm packages of fedora 40"),
        (Package("deb", "p", "1.0"), Distro(), "deb packages of an unknown distribution"),
        (Package("apk", "p", "1"), Distro("alpine", ""), "apk packages of alpine"),
        (Package("apk", "p", "1"), DEBIAN, "apk packages of another distribution"),
        (Package("conda", "p", "1"), DEBIAN, "no vulnerability data for conda packages (1"),
    ],
)
def test_what_the_data_does_not_cover_is_said(
    tmp_path: Path, package: Package, distro: Distro, wanted: str
) -> None:
    result = matched(tmp_path, [package], [advisory("D-1", "Debian:12", "p")], distro)
    assert result.vulnerabilities == []
    assert len(result.gaps) == 1
    assert wanted in result.gaps[0]


def test_a_stray_record_covers_nothing(tmp_path: Path) -> None:
    """One record in Python's zip that names npm's package is not all that is known of npm."""
    both = advisory("GHSA-1", "PyPI", "p")
    both["affected"] += advisory("GHSA-1", "npm", "q")["affected"]
    records = [both, *(advisory(f"P-{n}", "PyPI", "p") for n in range(3))]
    result = matched(tmp_path, [Package("npm", "other", "1.0.0")], records)
    assert "no vulnerability data for npm" in result.gaps[0]


def test_old_data_is_said_only_where_it_is_used(tmp_path: Path) -> None:
    old = NOW - timedelta(days=30)
    record = advisory("D-1", "PyPI", "p", FIXED, modified=old.isoformat())
    result = matched(tmp_path, [Package("pypi", "p", "1.0")], [record], when=old)
    assert len(result.vulnerabilities) == 1
    assert "older than 7 days" in result.gaps[0]
    assert matched(tmp_path, [], [record], when=old).gaps == []


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    records = [advisory("GHSA-1", "Go", "x/y", FIXED, kind="SEMVER")]
    result = matched(tmp_path, [Package("golang", "y", "(devel)", namespace="x")], records)
    assert result.vulnerabilities == []
    assert result.gaps == [
        "whether GHSA-1 affects x/y (devel) cannot be told: '(devel)' is no semantic version"
    ]
    assert matched(tmp_path, [Package("golang", "z", "(devel)")], records).gaps == []


def test_what_was_not_read_is_a_gap(tmp_path: Path) -> None:
    with Database(database(tmp_path, [advisory("D-1", "Debian:12", "p")])) as data:
        result = match(Inventory([], DEBIAN, ["a layer could not be read"]), data, WEEK, now())
    assert result.gaps == ["a layer could not be read"]


EVERY = [("introduced", "0")]
LISTED = {"affected": {"versions": ["1.0.0"]}, "events": ()}


@pytest.mark.parametrize(
    ("more", "undecided"),
    [({"events": FIXED}, True), (LISTED, True), ({"events": EVERY}, False)],
)
@pytest.mark.parametrize(
    ("kind", "ecosystem"), [("golang", "Go"), ("maven", "Maven"), ("gem", "RubyGems")]
)
def test_a_package_without_a_version(
    tmp_path: Path, kind: str, ecosystem: str, more: dict[str, Any], undecided: bool
) -> None:
    """It is undecided where an advisory knows the package, unless that is about every version."""
    records = [advisory("GHSA-1", ecosystem, "p", **more)]
    packages = [Package(kind, "p", ""), Package(kind, "mine", "")]
    result = matched(tmp_path, packages, records)
    told = ["whether GHSA-1 affects p without a version cannot be told: "
            "nothing states its version"]  # fmt: skip
    assert result.gaps == (told if undecided else [])
    assert [one.id for one in result.vulnerabilities] == ([] if undecided else ["GHSA-1"])


OWNED = [
    (DEBIAN, "Debian:12", Package("deb", "python3-p", "1-2", "p"),
     "Debian Python Team <team+python@tracker.debian.org>"),
    (Distro("debian", "13"), "Debian:13", Package("deb", "node-p", "1-2", "p"),
     "Debian Javascript Maintainers <pkg-javascript-devel@alioth-lists.debian.net>"),
    (Distro("ubuntu", "22.04"), "Ubuntu:22.04:LTS", Package("deb", "python3-p", "1-2", "p"),
     "Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>"),
    (Distro("alpine", "3.19.1"), "Alpine:v3.19", Package("apk", "python3-p", "1-r0", "p"), ""),
    (Distro("rocky", "9.3"), "Rocky Linux:9", Package("rpm", "python3-p", "1-2", "p", "1-2"),
     "Rocky Enterprise Software Foundation"),
    (Distro("sles", "15.5"), "SUSE:Linux Enterprise Server 15 SP5",
     Package("rpm", "python3-p", "1-2", "p", "1-2"), "SUSE LLC <https://www.suse.com/>"),
]  # fmt: skip


@pytest.mark.parametrize(("distro", "ecosystem", "package", "supplier"), OWNED)
def test_what_the_distribution_owns_is_left_to_its_advisories(
    tmp_path: Path, distro: Distro, ecosystem: str, package: Package, supplier: str
) -> None:
    database(tmp_path, [advisory("CVE-2024-1111", ecosystem, "p", FIXED)])
    records = [advisory("GHSA-1", "PyPI", "p", FIXED, aliases=["CVE-2024-2222"])]
    mine = package._replace(supplier=supplier)
    owned = Package("pypi", "p", "1", owner=mine.name)
    result = matched(tmp_path, [mine, owned], records, distro)
    assert [one.id for one in result.vulnerabilities] == ["CVE-2024-1111"]
    assert result.gaps == []
    free = matched(tmp_path, [mine, owned._replace(owner="")], records, distro)
    assert {one.id for one in free.vulnerabilities} == {"CVE-2024-1111", "CVE-2024-2222"}
    # Without the distribution's data nobody knows of either.
    (tmp_path / "empty").mkdir()
    alone = matched(tmp_path / "empty", [mine, owned], records, distro)
    assert alone.vulnerabilities == []
    assert "(2 packages)" in alone.gaps[0]


@pytest.mark.parametrize(
    "others",
    [
        [],  # a list of files is there, but no such package
        [Package("deb", "nodejs", "1", supplier="A <a@nodesource.com>")],
        [Package("deb", "nodejs", "1", supplier="A <a@notdebian.org>")],
        [Package("deb", "nodejs", "1", supplier="A <debian.org@example.com>")],
        [Package("deb", "nodejs", "1")],
        [Package("pypi", "nodejs", "1", supplier="A <a@debian.org>")],
        [Package("rpm", "nodejs", "1-1", supplier="Debian <a@debian.org>")],
    ],
)
def test_what_somebody_else_has_packaged_is_looked_up_itself(
    tmp_path: Path, others: list[Package]
) -> None:
    database(tmp_path, [advisory("D-1", "Debian:12", "x")])
    records = [advisory("GHSA-1", "npm", "p", FIXED)]
    owned = Package("npm", "p", "1.0.0", owner="nodejs")
    result = matched(tmp_path, [owned, *others], records, DEBIAN)
    assert [one.id for one in result.vulnerabilities] == ["GHSA-1"]


def test_what_only_a_lock_names_is_a_hint(tmp_path: Path) -> None:
    records = [advisory("GHSA-1", "npm", "p", FIXED)]
    packages = [
        Package("npm", name, version, path="app/yarn.lock", declared=True)
        for name, version in (("p", "1.0.0"), ("p", "2.0.0"), ("p", "no version"))
    ]
    packages.append(Package("composer", "x", "1.0", declared=True))
    result = matched(tmp_path, packages, records)
    assert (result.vulnerabilities, result.gaps) == ([], [])
    assert [(one.id, one.version, one.path) for one in result.hints] == [
        ("GHSA-1", "1.0.0", "app/yarn.lock")
    ]
