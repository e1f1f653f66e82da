"""Our matcher and real Trivy find the same, with data that says the same.

Where they differ by design, docs/vulnerabilities.md says so.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dockgate.builder.packages.inventory import inventory
from dockgate.builder.scanners import running
from dockgate.builder.vulnerabilities.database import Database, now
from dockgate.builder.vulnerabilities.match import match
from dockgate.linter.errors import UnfinishedError
from dockgate.rules.subjects.vulnerability import Vulnerability
from tests.builder.vulnerabilities import bolt
from tests.builder.vulnerabilities.made import (
    CRITICAL,
    HIGH,
    MEDIUM,
    NOW,
    advisory,
    alpine,
    apk,
    database,
    deb,
    debian,
    image,
)
from tests.tools import trivy as trivy_tool


class Known(NamedTuple):
    """What both databases say: a vulnerability of a package before the version `fixed`."""

    id: str
    ecosystem: str
    name: str
    fixed: str = ""
    vector: str = HIGH
    introduced: str = ""


KNOWN = [
    Known("CVE-2024-0001", "Debian:12", "openssl", "3.0.15-1~deb12u1", CRITICAL),
    Known("CVE-2024-0002", "Debian:12", "openssl", "3.0.11-1~deb12u2"),
    Known("CVE-2024-0003", "Debian:12", "openssl", "3.0.11-1~deb12u3", MEDIUM),
    Known("CVE-2024-0004", "Debian:12", "zlib", ""),
    Known("CVE-2024-0005", "Debian:12", "zlib", "1:1.2.13.dfsg-1"),
    Known("CVE-2024-0006", "Debian:12", "zlib", "1:1.2.13.dfsg-1+b1"),
    Known("CVE-2024-0007", "Debian:11", "zlib", "9:1"),
    Known("CVE-2024-0008", "Debian:12", "bash", "5.2.15-2+b2"),
    Known("CVE-2024-0009", "Debian:12", "bash", "5.2.15-2+b3"),
    Known("CVE-2024-0010", "Debian:12", "libssl3", "9"),  # a binary's name is no source's
    Known("CVE-2024-0011", "Debian:12", "tool", "2.0~rc1-1"),
    Known("CVE-2024-0101", "Alpine:v3.19", "openssl", "3.1.4-r5", CRITICAL),
    Known("CVE-2024-0102", "Alpine:v3.19", "openssl", "3.1.4-r2"),
    Known("CVE-2024-0103", "Alpine:v3.19", "busybox", "1.36.1-r16"),
    Known("CVE-2024-0104", "Alpine:v3.19", "musl", "1.2.4_git20230717-r4"),
    Known("CVE-2024-0106", "Alpine:v3.19", "musl", "1.2.4_git20230717-r5", CRITICAL),
    Known("CVE-2024-0107", "Alpine:v3.19", "musl", "1.2.4_p1-r0", MEDIUM),
    Known("CVE-2024-0108", "Alpine:v3.19", "musl", "1.2.4-r9"),
    Known("CVE-2024-0105", "Alpine:v3.18", "musl", "9"),
    Known("CVE-2024-0201", "PyPI", "requests", "2.31.0", MEDIUM, "2.3.0"),
    Known("CVE-2024-0202", "PyPI", "requests", "2.20.0"),
    Known("CVE-2024-0203", "PyPI", "ruamel.yaml", "0.18.0rc2"),
    Known("CVE-2024-0204", "PyPI", "ruamel.yaml", "0.18.0rc1"),
    Known("CVE-2024-0301", "npm", "@scope/left", "1.2.4"),
    Known("CVE-2024-0302", "npm", "@scope/left", "1.2.3"),
    Known("CVE-2024-0303", "npm", "lodash", "4.17.21-rc.1", CRITICAL, "4.0.0"),
    Known("CVE-2024-0304", "npm", "lodash", "4.17.21", HIGH, "4.17.20"),
]
SCORES = {CRITICAL: 9.8, HIGH: 7.5, MEDIUM: 5.5}

DEBIAN = debian(
    deb("libssl3", "3.0.11-1~deb12u2", "openssl"),
    deb("openssl", "3.0.11-1~deb12u2"),
    deb("zlib1g", "1:1.2.13.dfsg-1", "zlib"),
    deb("bash", "5.2.15-2+b2"),
    deb("tool-bin", "1:7.0-1", "tool (2.0~beta1-1)"),
)
ALPINE = alpine(
    apk("libssl3", "3.1.4-r2", "openssl"),
    apk("busybox", "1.36.1-r15"),
    apk("ssl_client", "1.36.1-r16", "busybox"),
    apk("musl", "1.2.4_git20230717-r4"),
)
PYTHON = "usr/local/lib/python3.11/site-packages"


def dist(name: str, version: str) -> dict[str, str]:
    folder = f"{PYTHON}/{name.replace('-', '_')}-{version}.dist-info"
    return {f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"}


def node(name: str, version: str) -> dict[str, str]:
    content = json.dumps({"name": name, "version": version, "license": "MIT"})
    return {f"app/node_modules/{name}/package.json": content}


LANGUAGES = {
    **debian(deb("bash", "5.2.15-2+b2")),
    **dist("requests", "2.30.0"), **dist("ruamel.yaml", "0.18.0rc1"),
    **node("@scope/left", "1.2.3"), **node("lodash", "4.17.20"),
}  # fmt: skip
IMAGES = {"debian": DEBIAN, "alpine": ALPINE, "languages": LANGUAGES}


def records() -> Iterator[dict[str, Any]]:
    for one in KNOWN:
        events = [("introduced", one.introduced or "0")]
        events += [("fixed", one.fixed)] if one.fixed else []
        yield advisory(one.id, one.ecosystem, one.name, events, vector=one.vector)


def bucket_of(one: Known) -> tuple[str, dict[str, Any]]:
    """Where Trivy's database has it, and as what."""
    said: dict[str, Any]
    base, _, release = one.ecosystem.partition(":")
    if base in ("Debian", "Alpine"):
        said = {"FixedVersion": one.fixed} if one.fixed else {"Status": 2}
        return f"{base.lower()} {release.lstrip('v')}", said
    wanted = [f">={one.introduced}"] if one.introduced else []
    said = {
        "VulnerableVersions": [", ".join([*wanted, f"<{one.fixed}"])],
        "PatchedVersions": [one.fixed],
    }
    kind = {"PyPI": "pip", "npm": "npm"}[base]
    return f"{kind}::GitHub Security Advisory {kind}", said


def trivys_data(folder: Path) -> None:
    """Trivy's own database, with what `KNOWN` says."""
    top: dict[str, dict[str, Any]] = {"vulnerability": {}, "data-source": {}}
    for one in KNOWN:
        bucket, said = bucket_of(one)
        inner = top.setdefault(bucket, {}).setdefault(one.name, {})
        inner[one.id] = json.dumps(said).encode()
        source = {"ID": bucket.partition(" ")[0], "Name": bucket, "URL": "https://example.com"}
        top["data-source"][bucket] = json.dumps(source).encode()
        rating = {"nvd": {"V3Vector": one.vector, "V3Score": SCORES[one.vector]}}
        top["vulnerability"][one.id] = json.dumps({"Title": "x", "CVSS": rating}).encode()
    (folder / "db").mkdir(parents=True)
    bolt.write(folder / "db" / "trivy.db", top)
    day = NOW.isoformat()
    (folder / "db" / "metadata.json").write_text(
        json.dumps({"Version": 2, "NextUpdate": day, "UpdatedAt": day, "DownloadedAt": day})
    )


@pytest.fixture
def trivy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> running.Scanner:
    program = trivy_tool.program()
    trivys_data(tmp_path / "cache")
    monkeypatch.setenv("TRIVY_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv("TRIVY_SEVERITY", "LOW")  # nothing of the environment hides findings
    found = running.find("trivy")
    assert found is not None
    assert found.data_as_of is not None
    return found


def rows(found: list[Vulnerability]) -> set[tuple[Any, ...]]:
    """PyPI's names in the form that we give them."""
    return {
        (
            one.id,
            one.package.replace("ruamel.yaml", "ruamel-yaml"),
            one.version,
            one.fixed,
            one.score,
        )
        for one in found
    }


def by_data(folder: Path, files: Mapping[str, str]) -> list[Vulnerability]:
    from datetime import timedelta

    scanned = image(folder / "image", files)
    with Database(database(folder, list(records()))) as data:
        return match(inventory(scanned), data, timedelta(days=7), now()).vulnerabilities


@pytest.mark.parametrize("name", IMAGES)
def test_both_find_the_same(tmp_path: Path, trivy: running.Scanner, name: str) -> None:
    own = by_data(tmp_path, IMAGES[name])
    scanned = image(tmp_path / "image", IMAGES[name])
    work = tmp_path / "work"
    work.mkdir()
    theirs = running.scan(trivy, str(tmp_path / "image"), scanned, work)
    assert rows(own) == rows(theirs.vulnerabilities)
    assert len(own) >= 4


def test_trivy_sees_the_image_alone_whatever_it_lies_in(
    tmp_path: Path, trivy: running.Scanner
) -> None:
    from tests.builder.images import Layout, write_archive

    scanned = image(tmp_path / "image", DEBIAN)
    packed = Layout(tmp_path / "image").pack(tmp_path / "image.tar")
    write_archive(tmp_path / "docker.tar", [DEBIAN])
    (tmp_path / "root").mkdir()
    for path, content in DEBIAN.items():
        (tmp_path / "root" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "root" / path).write_text(content)
    from dockgate.builder.layout import read_images

    found = []
    for number, source in enumerate(("image", "image.tar", "docker.tar", "root")):
        work = tmp_path / f"work{number}"
        work.mkdir()
        place = str(tmp_path / source)
        one = read_images(place, cached=False)[0]
        found.append(rows(running.scan(trivy, place, one, work).vulnerabilities))
    assert packed.exists()
    assert scanned.digest
    assert found[0]
    assert found.count(found[0]) == 4


@pytest.mark.usefixtures("trivy")
def test_packages_that_trivy_cannot_read_leave_it_undecided(tmp_path: Path) -> None:
    from dockgate.builder import gate
    from dockgate.builder.policy import Limits, VulnerabilityLimits
    from dockgate.builder.vulnerabilities.assess import Options
    from dockgate.linter.config import DEFAULT_CONFIG

    def verdict(files: Mapping[str, str]) -> str:
        image(tmp_path / "image", files)
        limits = Limits(vulnerabilities=VulnerabilityLimits(max_critical=99))
        report = gate.scan(
            str(tmp_path / "image"), None, DEFAULT_CONFIG, limits, cached=False,
            options=Options("trivy"),
        )  # fmt: skip
        return f"{report.verdict} {report.reasons}"

    assert "undecided" not in verdict(DEBIAN)
    told = verdict({**DEBIAN, "var/lib/pacman/local/x-1/desc": "%NAME%"})
    assert "undecided" in told
    assert "packages of pacman" in told


def test_a_trivy_that_fails_is_said(tmp_path: Path, trivy: running.Scanner) -> None:
    scanned = image(tmp_path / "image", DEBIAN)
    (tmp_path / "cache" / "db" / "trivy.db").write_bytes(b"no database")
    (tmp_path / "work").mkdir()
    with pytest.raises(UnfinishedError, match="trivy failed with status 1"):
        running.scan(trivy, str(tmp_path / "image"), scanned, tmp_path / "work")


def test_the_programs_version(trivy: running.Scanner) -> None:
    done = subprocess.run([trivy.path, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Version: 0.")
