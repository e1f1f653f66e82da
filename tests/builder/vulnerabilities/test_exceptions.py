"""What is left out of account: ignore files, the policy's ignores, VEX documents."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.vulnerabilities import ignore_files, vex
from dockgate.builder.vulnerabilities.exceptions import Ignore, apply
from dockgate.builder.vulnerabilities.purls import means
from dockgate.linter.errors import UsageError
from dockgate.rules.subjects.vulnerability import Vulnerability

TODAY = date(2026, 6, 15)
PURL = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12"
SSL = Vulnerability(
    "CVE-2024-1111", "high", "libssl3", "3.0.11-1", purl=PURL, aliases=("GHSA-1",),
    path="var/lib/dpkg/status",
)  # fmt: skip
NPM = Vulnerability(
    "GHSA-2", "low", "@x/y", "1.0.0", purl="pkg:npm/%40x/y@1.0.0", path="app/node_modules/y"
)
DIGEST = "sha256:" + "a" * 64
IMAGE = (DIGEST, f"pkg:oci/app@{DIGEST}")


def left(ignores: list[Ignore], statements: list[Any] | None = None) -> list[str]:
    found, accepted, _ = apply([SSL, NPM], ignores, statements or [], IMAGE, TODAY)
    assert len(found) + len(accepted) == 2
    return [one.id for one in found]


@pytest.mark.parametrize(
    ("ignore", "wanted"),
    [
        (Ignore("CVE-2024-1111"), ["GHSA-2"]),
        (Ignore("ghsa-1"), ["GHSA-2"]),
        (Ignore("CVE-2024-1111", package="libssl3"), ["GHSA-2"]),
        (Ignore("CVE-2024-1111", package="openssl"), ["CVE-2024-1111", "GHSA-2"]),
        (Ignore("CVE-2024-1111", expires=TODAY), ["GHSA-2"]),
        (Ignore("CVE-2024-1111", expires=date(2026, 6, 14)), ["CVE-2024-1111", "GHSA-2"]),
        (Ignore("GHSA-2", paths=("app/**",)), ["CVE-2024-1111"]),
        (Ignore("GHSA-2", paths=("other/**",)), ["CVE-2024-1111", "GHSA-2"]),
        (Ignore("GHSA-2", purls=("pkg:npm/%40x/y",)), ["CVE-2024-1111"]),
        (Ignore("GHSA-2", purls=("pkg:npm/@x/y@2.0.0",)), ["CVE-2024-1111", "GHSA-2"]),
    ],
)
def test_ignores(ignore: Ignore, wanted: list[str]) -> None:
    assert left([ignore]) == wanted


def test_what_is_over_is_told() -> None:
    over = Ignore("CVE-2024-1111", expires=date(2026, 6, 14), where=".trivyignore:1")
    _, _, told = apply([SSL], [over], [], IMAGE, TODAY)
    assert told == [
        ".trivyignore:1: CVE-2024-1111 has been ignored until 2026-06-14, which is over"
    ]


def test_an_accepted_one_says_by_whose_word() -> None:
    _, accepted, _ = apply(
        [SSL], [Ignore("CVE-2024-1111", reason="so", where="f:3")], [], (), TODAY
    )
    assert accepted[0].reason == "f:3: so"


def test_trivys_plain_file(tmp_path: Path) -> None:
    path = tmp_path / ".trivyignore"
    path.write_text("# the vendor says no\nCVE-2024-1111\n\nGHSA-2 exp:2026-01-31 # later\n")
    assert ignore_files.read(str(path)) == [
        Ignore("CVE-2024-1111", reason="the vendor says no", where=f"{path}:2"),
        Ignore("GHSA-2", expires=date(2026, 1, 31), where=f"{path}:4"),
    ]
    assert ignore_files.nearest(str(tmp_path)) == [str(path)]


def test_trivys_yaml(tmp_path: Path) -> None:
    path = tmp_path / ".trivyignore.yaml"
    path.write_text(
        "vulnerabilities:\n  - id: CVE-2024-1111\n    paths: [usr/**]\n    statement: so\n"
        "    expired_at: 2026-01-31\n  - id: GHSA-2\n    purls:\n      - pkg:npm/x\n"
        "misconfigurations:\n  - id: AVD-1\n"
    )
    assert ignore_files.read(str(path)) == [
        Ignore("CVE-2024-1111", paths=("usr/**",), expires=date(2026, 1, 31), reason="so",
               where=f"{path}:2"),
        Ignore("GHSA-2", purls=("pkg:npm/x",), where=f"{path}:6"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        (".trivyignore", "CVE-1 until:2026\n", ":1: 'until:2026'"),
        (".trivyignore", "CVE-1 exp:soon\n", ":1: 'soon' is no day"),
        (".trivyignore.yaml", "vulnerabilities:\n  - paths: [x]\n", ":2: an entry has no id"),
        (
            ".trivyignore.yaml",
            "vulnerabilities:\n  - id: X\n    expires: 2026-01-01\n",
            "'expires'",
        ),
        (".trivyignore.yaml", "vulnerabilities: 3\n", "no list"),
        (".trivyignore.yaml", "vulnerabilities:\n  - id: X\n    paths: x\n", "paths is no list"),
    ],
)
def test_what_cannot_be_meant_is_said(tmp_path: Path, name: str, text: str, wanted: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UsageError, match=wanted.replace("(", r"\(")):
        ignore_files.read(str(path))


@pytest.mark.parametrize(
    ("general", "special", "wanted"),
    [
        ("pkg:npm/x@1", "pkg:npm/x@1", True),
        ("pkg:npm/x", "pkg:npm/x@1", True),
        ("pkg:npm/x@2", "pkg:npm/x@1", False),
        ("pkg:npm/%40s/x", "pkg:npm/@s/x@1", True),
        ("pkg:npm/x", "pkg:npm/%40s/x@1", False),
        ("pkg:pypi/Ruamel.Yaml", "pkg:pypi/ruamel-yaml@1", True),
        ("pkg:deb/debian/libssl3", PURL, True),
        ("pkg:deb/debian/libssl3?arch=arm64", PURL, False),
        ("pkg:deb/debian/libssl3?distro=debian-12", PURL, True),
        ("pkg:deb/ubuntu/libssl3", PURL, False),
        ("libssl3", PURL, False),
        ("pkg:deb/debian/libssl3", "", False),
    ],
)
def test_package_urls(general: str, special: str, wanted: bool) -> None:
    assert means(general, special) is wanted


def openvex(tmp_path: Path, *statements: dict[str, Any]) -> list[Any]:
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex-1",
        "author": "somebody", "timestamp": "2026-01-01T00:00:00Z", "version": 1,
        "statements": statements,
    }  # fmt: skip
    path = tmp_path / "vex.json"
    path.write_text(json.dumps(document))
    return vex.read(str(path))


def said(status: str, *products: Any, name: str = "CVE-2024-1111", **more: Any) -> dict[str, Any]:
    return {
        "vulnerability": {"name": name}, "status": status, "products": list(products), **more,
    }  # fmt: skip


BOTH = ["CVE-2024-1111", "GHSA-2"]


@pytest.mark.parametrize(
    ("statements", "wanted"),
    [
        ([said("not_affected", {"@id": "pkg:deb/debian/libssl3"})], ["GHSA-2"]),
        ([said("fixed", {"@id": "pkg:deb/debian/libssl3"})], ["GHSA-2"]),
        ([said("affected", {"@id": "pkg:deb/debian/libssl3"})], BOTH),
        ([said("under_investigation", {"@id": "pkg:deb/debian/libssl3"})], BOTH),
        ([said("not_affected", {"@id": "pkg:deb/debian/other"})], BOTH),
        ([said("not_affected", {"@id": f"pkg:oci/app@{DIGEST}"})], ["GHSA-2"]),
        ([said("not_affected", {"@id": "pkg:oci/app"})], ["GHSA-2"]),
        ([said("not_affected", {"@id": "pkg:oci/other"})], BOTH),
        ([said("not_affected", {"@id": f"pkg:oci/app@sha256:{'b' * 64}"})], BOTH),
        ([said("not_affected", {"@id": "pkg:oci/app", "subcomponents": [{"@id": PURL}]})],
         ["GHSA-2"]),
        ([said("not_affected", {"@id": "pkg:oci/app", "subcomponents": [{"@id": "pkg:npm/z"}]})],
         BOTH),
        ([said("not_affected", {"@id": "x", "hashes": {"sha-256": "a" * 64}})], ["GHSA-2"]),
        ([said("not_affected", {"@id": "x", "identifiers": {"purl": PURL}})], ["GHSA-2"]),
        ([said("not_affected", {"@id": PURL}, name="GHSA-1")], ["GHSA-2"]),
        ([said("not_affected")], BOTH),
        # The last word counts.
        ([said("not_affected", {"@id": PURL}, timestamp="2026-01-02T00:00:00Z"),
          said("affected", {"@id": PURL}, timestamp="2026-01-03T00:00:00Z")], BOTH),
        ([said("affected", {"@id": PURL}), said("fixed", {"@id": PURL})], ["GHSA-2"]),
    ],
)  # fmt: skip
def test_openvex(tmp_path: Path, statements: list[dict[str, Any]], wanted: list[str]) -> None:
    assert left([], openvex(tmp_path, *statements)) == wanted


def test_the_justification_is_told(tmp_path: Path) -> None:
    statements = openvex(
        tmp_path, said("not_affected", {"@id": PURL}, justification="component_not_present")
    )
    _, accepted, _ = apply([SSL], [], statements, IMAGE, TODAY)
    assert accepted[0].reason.endswith("statement 1: not_affected: component_not_present")


@pytest.mark.parametrize(
    ("state", "reference", "wanted"),
    [
        ("not_affected", PURL, ["GHSA-2"]),
        ("false_positive", "ssl", ["GHSA-2"]),
        ("resolved", "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#ssl", ["GHSA-2"]),
        ("exploitable", PURL, BOTH),
        ("in_triage", PURL, BOTH),
        ("not_affected", "pkg:deb/debian/other", BOTH),
        ("what", PURL, BOTH),
    ],
)
def test_cyclonedx(tmp_path: Path, state: str, reference: str, wanted: list[str]) -> None:
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5",
        "components": [{"bom-ref": "ssl", "name": "libssl3", "type": "library", "purl": PURL}],
        "vulnerabilities": [{
            "id": "CVE-2024-1111", "affects": [{"ref": reference}],
            "analysis": {"state": state, "justification": "code_not_reachable", "detail": "no"},
        }],
    }  # fmt: skip
    path = tmp_path / "vex.json"
    path.write_text(json.dumps(document))
    assert left([], vex.read(str(path))) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"bomFormat": "CycloneDX", "vulnerabilities": [3]}',
        '{"@context": "https://openvex.dev/ns", "statements": [{"status": "fixed"}]}',
        '{"@context": "https://openvex.dev/ns", "statements": [{"status": "gone"}]}',
        '{"@context": "https://openvex.dev/ns"}', "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_vex_document_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "vex.json"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        vex.read(str(path))
    assert "\n" not in str(caught.value)
