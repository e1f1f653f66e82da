"""Bills of materials, held to the official validators of CycloneDX and SPDX."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from dockgate.builder import sbom
from dockgate.builder.packages.inventory import Inventory
from dockgate.builder.packages.package import TYPES, Distro, Package
from dockgate.builder.sbom import cyclonedx, spdx
from dockgate.builder.sbom.licenses import expression
from dockgate.cli import judged
from dockgate.rules.rule import File
from dockgate.rules.subjects.image import Image, ImageConfig
from tests.builder.images import write_layout
from tests.builder.packages.reading import DEBIAN
from tests.builder.packages.test_executables import build_info, elf
from tests.builder.packages.trees import image_of
from tests.cli.command import dockgate

STATUS = """Package: libstdc++6
Status: install ok installed
Architecture: amd64
Version: 12.2.0-14+b1
Source: gcc-12 (12.2.0-14)
Maintainer: Debian GCC Maintainers <debian-gcc@lists.debian.org>

"""
LAYER: dict[str, str | bytes | File | None] = {
    "etc/os-release": DEBIAN,
    "var/lib/dpkg/status": STATUS,
    "usr/share/doc/libstdc++6/copyright": "License: GPL-3+\nLicense: strange & rare\n",
    "app/a-1.dist-info/METADATA": "Name: a\nVersion: 1\nLicense-Expression: MIT or apache-2.0\n",
    "app/é\x7f/b-1.dist-info/METADATA": "Name: b\nVersion: 1\nLicense: MIT\n",
    "one/node_modules/@s/c/package.json": '{"name": "@s/c", "version": "1.0.0", "license": "ISC"}',
    "two/node_modules/@s/c/package.json": '{"name": "@s/c", "version": "1.0.0", "license": "X"}',
    "tool": File(elf({".go.buildinfo": build_info("mod\tex.org/M\t(devel)\t\n")}), mode=0o755),
}


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return image_of(tmp_path, LAYER, {"x": "y"}, created="2026-01-02T03:04:05.678Z")


def check_cyclonedx(document: dict[str, Any]) -> None:
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))
    assert error is None, error
    known = [one["bom-ref"] for one in document["components"]]
    known.append(document["metadata"]["component"]["bom-ref"])
    assert len(set(known)) == len(known)
    for row in document["dependencies"]:
        assert {row["ref"], *row["dependsOn"]} <= set(known)
    linked = [one for row in document["dependencies"] for one in row["dependsOn"]]
    assert sorted(linked) == sorted(known[:-1])  # each is some part's part, and of one alone


def check_spdx(document: dict[str, Any]) -> None:
    parsed = JsonLikeDictParser().parse(document)  # type: ignore[no-untyped-call]
    assert [one.validation_message for one in validate_full_spdx_document(parsed)] == []
    known = {one["SPDXID"] for one in document["packages"]} | {"SPDXRef-DOCUMENT"}
    assert len(known) == len(document["packages"]) + 1
    for row in document["relationships"]:
        assert {row["spdxElementId"], row["relatedSpdxElement"]} <= known


def test_cyclonedx(image: Image) -> None:
    document = json.loads(sbom.render(image, "cyclonedx"))
    check_cyclonedx(document)
    assert document["metadata"]["timestamp"] == "2026-01-02T03:04:05Z"
    own = document["metadata"]["component"]
    assert own["version"] == image.digest
    assert own["hashes"] == [{"alg": "SHA-256", "content": image.digest.removeprefix("sha256:")}]
    parts = {one["bom-ref"]: one for one in document["components"]}
    assert parts["os:debian-12"]["type"] == "operating-system"
    gcc = parts[
        "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bb1?arch=amd64&distro=debian-12"
        "&upstream=gcc-12%4012.2.0-14"
    ]
    assert gcc["licenses"] == [
        {"license": {"id": "GPL-3.0-or-later"}}, {"license": {"name": "strange & rare"}}
    ]  # fmt: skip
    facts = {one["name"]: one["value"] for one in gcc["properties"]}
    assert facts["dockgate:source"] == "gcc-12"
    assert facts["dockgate:source-version"] == "12.2.0-14"
    assert facts["dockgate:layer"] == image.layers[0].digest
    assert gcc["evidence"]["occurrences"] == [{"location": "/var/lib/dpkg/status"}]
    assert gcc["supplier"]["name"].startswith("Debian GCC")
    assert parts["pkg:pypi/a@1"]["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    module = parts["pkg:golang/ex.org/m"]
    assert (module["name"], "version" in module) == ("ex.org/M", False)
    twice = [one for one in document["components"] if one.get("group") == "@s"]
    assert [one["purl"] for one in twice] == ["pkg:npm/%40s/c@1.0.0"] * 2


def test_spdx(image: Image) -> None:
    document = json.loads(sbom.render(image, "spdx-json"))
    check_spdx(document)
    assert document["creationInfo"]["created"] == "2026-01-02T03:04:05Z"
    packages = {one["name"]: one for one in document["packages"]}
    gcc = packages["libstdc++6"]
    assert gcc["supplier"] == "Organization: Debian GCC Maintainers (debian-gcc@lists.debian.org)"
    assert "source package gcc-12 12.2.0-14" in gcc["sourceInfo"]
    assert gcc["licenseDeclared"].startswith("GPL-3.0-or-later AND LicenseRef-strange-rare-")
    (text,) = [
        one for one in document["hasExtractedLicensingInfos"] if one["name"] == "strange & rare"
    ]
    assert text["licenseId"] in gcc["licenseDeclared"]
    assert packages["a"]["licenseDeclared"] == "MIT OR Apache-2.0"
    purls = [ref["referenceLocator"] for one in document["packages"]
             for ref in one.get("externalRefs", ())]  # fmt: skip
    assert [PackageURL.from_string(one).to_string() for one in purls] == purls


@pytest.mark.parametrize("format", sbom.FORMATS)
def test_the_same_image_gives_the_same_bytes(
    format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sbom.render(image_of(tmp_path / "a", LAYER), format)
    again = sbom.render(image_of(tmp_path / "b", LAYER), format)
    assert first == again
    assert "1970-01-01T00:00:00Z" in first
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert "2023-11-14T22:13:20Z" in sbom.render(image_of(tmp_path / "c", LAYER), format)
    other = sbom.render(image_of(tmp_path / "d", LAYER, {"z": "z"}), format)
    for key in ("serialNumber", "documentNamespace"):
        if key in first:
            assert json.loads(first)[key] != json.loads(other)[key]


def test_what_could_not_be_read_is_told() -> None:
    image = Image("app:1", "sha256:" + "0" * 64, ImageConfig(), [])
    found = Inventory([], Distro(), ["packages of Nix are there"])
    document = cyclonedx.document(image, found)
    check_cyclonedx(document)
    assert document["compositions"][0]["aggregate"] == "incomplete"
    assert document["metadata"]["properties"][0]["value"] == "packages of Nix are there"
    document = spdx.document(image, found)
    check_spdx(document)
    assert "packages of Nix" in document["creationInfo"]["comment"]


WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
LINES = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=30).map(str.strip)


@given(
    st.lists(
        st.builds(
            Package, st.sampled_from(TYPES), WORDS, WORDS | st.just(""), WORDS, WORDS, WORDS,
            st.lists(LINES | st.sampled_from(["MIT", "GPL-2+", "(", "MIT AND", "GPL-2.0+"]),
                     max_size=3).map(tuple),
            st.just("sha256:" + "1" * 64), st.text(max_size=9), WORDS | st.just(""), WORDS, LINES,
        ),
        max_size=4,
    ),
    st.text(max_size=9),
    st.text(max_size=30),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_inventory_is_valid(packages: list[Package], name: str, created: str) -> None:
    config = ImageConfig()
    config.created = created
    image = Image(f"x{name}", "sha256:" + "0" * 64, config, [])
    found = Inventory(packages, Distro("debian", "12", "Debian"), [])
    check_cyclonedx(json.loads(json.dumps(cyclonedx.document(image, found)).encode()))
    check_spdx(json.loads(json.dumps(spdx.document(image, found), ensure_ascii=False).encode()))


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        ("MIT", "MIT"), ("mit", "MIT"), ("Expat", "MIT"), ("MIT License", "MIT"),
        ("GPL-2+", "GPL-2.0-or-later"), ("GPL-2", "GPL-2.0-only"), ("GPLv3+", "GPL-3.0-or-later"),
        ("LGPL-2.1+", "LGPL-2.1-or-later"), ("LGPL-2.1", "LGPL-2.1-only"), ("GPL-9", ""),
        ("Apache License, Version 2.0", "Apache-2.0"), ("BSD-3-clause", "BSD-3-Clause"),
        ("BSD", ""), ("public-domain", ""), ("GPL", ""), ("", ""), ("UNKNOWN", ""),
        ("MIT OR (Apache-2.0 AND BSD-2-Clause)", "MIT OR (Apache-2.0 AND BSD-2-Clause)"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("GPL-2+ and Expat", "GPL-2.0-or-later AND MIT"),
        ("LGPL-2.1+ or MPL-1.1 and GPL-3", "LGPL-2.1-or-later OR MPL-1.1 AND GPL-3.0-only"),
        ("Apache 2.0 and MIT License", "Apache-2.0 AND MIT"), ("GPL-2+ or Artistic", ""),
        ("GPL-2+, and Expat", ""), ("GPL-2+ with OpenSSL exception and MIT", ""),
        ("Expat and and MIT", ""), ("Expat and", ""),
        ("LicenseRef-own", ""), ("MIT AND", ""), ("(" * 5000, ""), ("MIT OR " * 5000 + "MIT", ""),
    ],
)  # fmt: skip
def test_licences(stated: str, meant: str) -> None:
    assert expression(stated) == meant


def test_scan_prints_a_bill_with_the_scans_verdict(tmp_path: Path) -> None:
    assert judged.SBOM == sbom.FORMATS
    write_layout(tmp_path / "good", [LAYER], {"User": "1000"})
    accepted = dockgate("scan", str(tmp_path / "good"), "--format", "cyclonedx")
    assert accepted.code == 0, accepted.err
    check_cyclonedx(json.loads(accepted.out))
    refused = write_layout(tmp_path / "bad", [LAYER], {"User": "root"})
    target = tmp_path / "bom.json"
    done = dockgate("scan", str(tmp_path / "bad"), "--format", "spdx-json", "-o", str(target))
    plain = dockgate("scan", str(tmp_path / "bad"))
    assert done.code == plain.code == 1
    assert done.out == ""
    assert done.err.startswith("dockgate: refused: ")
    document = json.loads(target.read_text())
    check_spdx(document)
    assert document["packages"][0]["versionInfo"] == refused
    missing = dockgate("scan", str(tmp_path / "no"), "--format", "cyclonedx")
    assert missing.code in (2, 3)
    assert missing.out == ""
