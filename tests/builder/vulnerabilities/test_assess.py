"""What the gate says of images with known vulnerabilities, by each source of knowledge."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder import gate
from dockgate.builder.policy import Limits, VulnerabilityLimits
from dockgate.builder.verdict import judge_image
from dockgate.builder.vulnerabilities.assess import Options
from dockgate.builder.vulnerabilities.database import default_path
from dockgate.builder.vulnerabilities.exceptions import Ignore
from dockgate.builder.vulnerabilities.update import update
from dockgate.linter.config import Config
from dockgate.linter.engine import Selection
from dockgate.linter.errors import UsageError
from dockgate.linter.report import ImageReport, Report
from dockgate.rules.rule import Severity
from dockgate.rules.subjects.image import Image, ImageConfig
from dockgate.rules.subjects.vulnerability import Vulnerability
from tests.builder.vulnerabilities.made import (
    CRITICAL,
    HIGH,
    MEDIUM,
    NOW,
    advisory,
    deb,
    debian,
    image,
    osv_zip,
)

FIXED = [("introduced", "0"), ("fixed", "3.0.15-1~deb12u1")]
RECORDS = [
    advisory("CVE-2024-0001", "Debian:12", "openssl", FIXED, vector=CRITICAL, summary="very bad"),
    advisory("CVE-2024-0002", "Debian:12", "openssl", FIXED, vector=HIGH),
    advisory("CVE-2024-0003", "Debian:12", "openssl", FIXED, vector=MEDIUM),
    advisory("CVE-2024-0004", "Debian:12", "zlib"),
    advisory("CVE-2024-0005", "Debian:12", "bash", [("introduced", "0"), ("fixed", "5")]),
]
FILES = debian(
    deb("libssl3", "3.0.11-1~deb12u2", "openssl"),
    deb("openssl", "3.0.11-1~deb12u2"),
    deb("bash", "5.2.15-2"),
)
NAME = "image-vulnerability"
DEFAULT = Options()


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No scanner, no data, and no ignore file of the machine."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    image(tmp_path / "image", FILES)


@pytest.fixture
def data(tmp_path: Path) -> None:
    update([str(osv_zip(tmp_path / "d.zip", RECORDS))])


def scan(
    folder: Path, options: Options = DEFAULT, inline_ignores: bool = True, **limits: Any
) -> Report:
    config = Config(selection=Selection(only=frozenset({NAME})), inline_ignores=inline_ignores)
    known = Limits(vulnerabilities=VulnerabilityLimits(**limits))
    return gate.scan(str(folder / "image"), None, config, known, cached=False, options=options)


def ids(report: Report) -> list[str]:
    return [finding.message.partition(" has ")[2].partition(" ")[0] for finding in report.findings]


def test_without_data_a_limit_leaves_it_undecided(tmp_path: Path) -> None:
    report = scan(tmp_path, max_critical=5)
    assert report.verdict == "undecided"
    assert "there is no data" in report.reasons[0]
    free = scan(tmp_path)
    assert free.verdict == "accepted"
    assert "there is no data" in free.notes[0]


@pytest.mark.usefixtures("data")
def test_what_is_found_is_told_with_all_that_is_known(tmp_path: Path) -> None:
    report = scan(tmp_path)
    assert report.verdict == "accepted"
    assert sorted(ids(report)) == sorted(2 * [f"CVE-2024-000{n}" for n in (1, 2, 3)])
    worst = next(one for one in report.findings if "CVE-2024-0001" in one.message)
    assert worst.message == ("libssl3 3.0.11-1~deb12u2 has CVE-2024-0001 (critical, 9.8): very bad")
    assert worst.help.startswith("update libssl3 to 3.0.15-1~deb12u1: https://osv.dev/")
    assert worst.path == "var/lib/dpkg/status"
    assert worst.layer is not None
    assert worst.layer.startswith("sha256:")
    assert {one.severity for one in report.findings} == {Severity.WARNING, Severity.INFO}
    assert report.notes == []


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    ("limits", "verdict", "said"),
    [
        ({"max_critical": 0}, "refused",
         "max_critical: at most 0 are allowed, it has 1: CVE-2024-0001"),
        ({"max_critical": 1, "max_high": 1, "max_medium": 1}, "accepted", ""),
        ({"max_medium": 0}, "refused",
         "max_medium: at most 0 are allowed, it has 1: CVE-2024-0003"),
        ({"max_high": 0, "ignores": (Ignore("CVE-2024-0002", reason="x", where="policy"),)},
         "accepted", ""),
    ],
)  # fmt: skip
def test_limits(tmp_path: Path, limits: dict[str, Any], verdict: str, said: str) -> None:
    """A vulnerability counts once, though two packages have it."""
    report = scan(tmp_path, **limits)
    assert report.verdict == verdict
    assert said in "; ".join(report.reasons)


def test_old_data_leaves_it_undecided(tmp_path: Path) -> None:
    old = NOW - timedelta(days=20)
    records = [{**one, "modified": old.isoformat()} for one in RECORDS]
    update([str(osv_zip(tmp_path / "d.zip", records, old))])
    report = scan(tmp_path, max_critical=9)
    assert report.verdict == "undecided"
    assert "older than 7 days" in report.reasons[0]
    assert scan(tmp_path, max_critical=9, max_age=30).verdict == "accepted"
    assert scan(tmp_path, max_critical=0).verdict == "refused"  # what is known is enough


@pytest.mark.usefixtures("data")
def test_packages_that_the_data_does_not_cover_leave_it_undecided(tmp_path: Path) -> None:
    package = {"app/node_modules/x/package.json": '{"name": "x", "version": "1.0.0"}'}
    image(tmp_path / "image", {**FILES, **package})
    report = scan(tmp_path, max_critical=9)
    assert report.verdict == "undecided"
    assert "no vulnerability data for npm (1 packages)" in report.reasons[0]


@pytest.mark.usefixtures("data")
def test_what_only_a_lock_names_is_told_and_does_not_count(tmp_path: Path) -> None:
    record = advisory("GHSA-1", "npm", "p", [("introduced", "0")], vector=CRITICAL)
    update([str(osv_zip(tmp_path / "n.zip", [record]))])
    lock = json.dumps({"packages": {"node_modules/p": {"version": "1.0.0"}}})
    image(tmp_path / "image", {**debian(deb("bash", "6")), "app/package-lock.json": lock})
    report = scan(tmp_path, max_critical=0)
    assert report.verdict == "accepted"
    told = "/app/package-lock.json names packages with known vulnerabilities"
    assert [told in note and "GHSA-1 of p 1.0.0" in note for note in report.notes] == [True]
    Path(".trivyignore").write_text("GHSA-1\n")
    assert scan(tmp_path).notes == []


@pytest.mark.usefixtures("data")
def test_an_inventory_that_is_not_whole_leaves_it_undecided(tmp_path: Path) -> None:
    image(tmp_path / "image", {**FILES, "var/lib/pacman/local/x-1/desc": "%NAME%"})
    report = scan(tmp_path, max_critical=9)
    assert report.verdict == "undecided"
    assert "packages of pacman" in report.reasons[0]
    assert scan(tmp_path).verdict == "accepted"


@pytest.mark.usefixtures("data")
def test_what_debian_owns_is_told_once(tmp_path: Path) -> None:
    """PyYAML of python3-yaml is Debian's, that of pip is not; the data knows both."""
    records = [
        advisory("DEBIAN-CVE-2024-0006", "Debian:12", "pyyaml", upstream=["CVE-2024-0006"],
                 vector=HIGH),
        advisory("GHSA-1", "PyPI", "pyyaml", aliases=["CVE-2024-0006"], vector=HIGH),
    ]  # fmt: skip
    update([str(osv_zip(tmp_path / "both.zip", records))])
    metadata = "Metadata-Version: 2.1\nName: PyYAML\nVersion: 6.0\n"
    mine = "usr/lib/python3/dist-packages/PyYAML-6.0.dist-info/METADATA"
    paragraph = deb("python3-yaml", "6.0-3", "pyyaml").replace(
        "Maintainer: nobody", "Maintainer: Debian Python Team <team+python@tracker.debian.org>"
    )
    files = {
        **debian(paragraph), mine: metadata, "var/lib/dpkg/info/python3-yaml.list": f"/.\n/{mine}\n"
    }  # fmt: skip
    image(tmp_path / "image", files)
    assert [one.message.split()[0] for one in scan(tmp_path).findings] == ["python3-yaml"]
    by_pip = "usr/local/lib/python3.11/site-packages/PyYAML-6.0.dist-info/METADATA"
    image(tmp_path / "image", {**files, by_pip: metadata})
    assert {one.message.split()[0] for one in scan(tmp_path).findings} == {"python3-yaml", "pyyaml"}


@pytest.mark.usefixtures("data")
def test_an_ignore_file_of_the_folder_counts_unless_the_policy_is_final(tmp_path: Path) -> None:
    Path(".trivyignore").write_text("# no way in\nCVE-2024-0001\nCVE-2024-0002 exp:2020-01-01\n")
    report = scan(tmp_path)
    assert "CVE-2024-0001" not in ids(report)
    assert "CVE-2024-0002" in ids(report)
    assert any(".trivyignore:2: no way in" in note for note in report.notes)
    assert any("until 2020-01-01, which is over" in note for note in report.notes)
    assert "CVE-2024-0001" in ids(scan(tmp_path, inline_ignores=False))
    given = Options(ignore_files=(".trivyignore",))
    assert "CVE-2024-0001" not in ids(scan(tmp_path, given, inline_ignores=False))


@pytest.mark.usefixtures("data")
def test_a_vex_document_counts(tmp_path: Path) -> None:
    statement = {
        "vulnerability": {"name": "CVE-2024-0001"}, "status": "not_affected",
        "justification": "component_not_present", "products": [{"@id": "pkg:deb/debian/libssl3"}],
    }  # fmt: skip
    document = {"@context": "https://openvex.dev/ns/v0.2.0", "statements": [statement]}
    Path("vex.json").write_text(json.dumps(document))
    report = scan(tmp_path, Options(vex=("vex.json",)))
    assert [one.message.split()[0] for one in report.findings if "0001" in one.message] == [
        "openssl"
    ]
    assert any("component_not_present" in note for note in report.notes)


def report_on(config: str, **more: Any) -> str:
    found = {
        "VulnerabilityID": "CVE-2024-9999", "PkgName": "libssl3", "InstalledVersion": "3.0.11",
        "Severity": "CRITICAL", "Layer": {"DiffID": more.pop("layer", "")},
    }  # fmt: skip
    document = {
        "SchemaVersion": 2, "ArtifactName": "app", "CreatedAt": NOW.isoformat(),
        "Metadata": {"ImageID": config},
        "Results": [{"Class": "os-pkgs", "Vulnerabilities": [found]}], **more,
    }  # fmt: skip
    Path("report.json").write_text(json.dumps(document))
    return "report.json"


def test_a_report_stands_in_for_a_scan(tmp_path: Path) -> None:
    mine = image(tmp_path / "image", FILES)
    options = Options(report=report_on(mine.config_digest, layer=mine.layers[0].diff_id))
    report = scan(tmp_path, options, max_critical=0)
    assert report.verdict == "refused"
    assert ids(report) == ["CVE-2024-9999"]
    assert report.findings[0].layer == mine.layers[0].digest
    assert scan(tmp_path, options, max_critical=1).verdict == "accepted"


def test_a_report_on_another_image_or_an_old_one_decides_nothing(tmp_path: Path) -> None:
    other = Options(report=report_on("sha256:" + "9" * 64))
    report = scan(tmp_path, other)
    assert report.verdict == "undecided"
    assert "about another image" in report.reasons[0]
    mine = image(tmp_path / "image", FILES).config_digest
    old = Options(report=report_on(mine, CreatedAt="2020-01-01T00:00:00Z"))
    assert scan(tmp_path, old, max_critical=9).verdict == "undecided"
    nothing = Options(report=report_on(mine, Results=[]))
    assert scan(tmp_path, nothing, max_critical=9).verdict == "undecided"
    nameless = Options(report=report_on("", Metadata={}))
    assert scan(tmp_path, nameless, max_critical=9).verdict == "undecided"


def test_a_report_that_leaves_something_out_decides_nothing(tmp_path: Path) -> None:
    mine = image(tmp_path / "image", FILES).config_digest
    about = {"ImageID": mine, "OS": {"Family": "debian"}}
    given = Options(report=report_on(mine, Metadata=about, Results=[{"Class": "lang-pkgs"}]))
    report = scan(tmp_path, given, max_critical=9)
    assert report.verdict == "undecided"
    assert "says nothing of the packages of debian" in report.reasons[0]
    assert scan(tmp_path, given).verdict == "accepted"


def test_off_means_nobody_knows(tmp_path: Path) -> None:
    assert scan(tmp_path, Options("off")).verdict == "accepted"
    assert scan(tmp_path, Options("off"), max_critical=9).verdict == "undecided"


def test_a_scanner_that_is_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="trivy is not installed"):
        scan(tmp_path, Options("trivy"))


@pytest.mark.parametrize("answer", ["exit 1", "echo no json", "echo '{}'; exit 1", "echo '[]'"])
def test_a_scanner_that_fails_leaves_it_undecided(tmp_path: Path, answer: str) -> None:
    program = tmp_path / "bin" / "trivy"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\nif [ "$1" = version ]; then\n'
        f'echo \'{{"VulnerabilityDB": {{"UpdatedAt": "{NOW.isoformat()}"}}}}\'; exit; fi\n'
        f'if [ "$2" = --help ]; then echo --skip-db-update; exit; fi\n{answer}\n'
    )
    program.chmod(0o755)
    report = scan(tmp_path)
    assert report.verdict == "undecided"
    assert "trivy" in report.reasons[0]
    assert len(report.reasons) == 1


@pytest.mark.usefixtures("data")
def test_a_scanner_without_data_is_passed_over(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "trivy"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho \'{"Version": "0.59"}\'\n')
    program.chmod(0o755)
    assert "CVE-2024-0001" in ids(scan(tmp_path))
    with pytest.raises(UsageError, match="has no data"):
        scan(tmp_path, Options("trivy"))


def test_damaged_data_leaves_it_undecided(tmp_path: Path) -> None:
    default_path().parent.mkdir(parents=True)
    default_path().write_bytes(b"x" * 3000)
    report = scan(tmp_path)
    assert report.verdict == "undecided"
    assert "db update" in report.reasons[0]


def judged(found: Sequence[Vulnerability], **limits: Any) -> tuple[str, list[str]]:
    one = Image("app:1", "sha256:x", ImageConfig(), [])
    one.vulnerabilities, one.vulnerability_gaps = list(found), []
    known = Limits(vulnerabilities=VulnerabilityLimits(**limits))
    report = ImageReport("app:1", "sha256:x", [])
    return judge_image([one], [report], known, base_known=True)


def test_what_nobody_has_rated_may_be_of_any_band() -> None:
    unrated = Vulnerability("CVE-2024-0009", "unrated", "p", "1")
    high = Vulnerability("CVE-2024-0008", "high", "p", "1")
    assert judged([unrated], max_critical=0)[0] == "undecided"
    assert judged([unrated], max_critical=1)[0] == "accepted"
    assert judged([unrated, high], max_high=1)[0] == "undecided"
    assert judged([unrated, high], max_high=0)[0] == "refused"
    assert judged([unrated], max_critical=0, unrated="high")[0] == "accepted"
    assert judged([unrated], max_high=0, unrated="high")[0] == "refused"
    assert judged([unrated])[0] == "accepted"


def test_an_image_that_nobody_has_looked_at_is_never_clean() -> None:
    one = Image("app:1", "sha256:x", ImageConfig(), [])
    known = Limits(vulnerabilities=VulnerabilityLimits(max_critical=9))
    state, reasons = judge_image(
        [one], [ImageReport("app:1", "sha256:x", [])], known, base_known=True
    )
    assert state == "undecided"
    assert "nobody has looked" in reasons[0]
