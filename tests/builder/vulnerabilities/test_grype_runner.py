"""How grype is asked: a program in its place writes down what it is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.scanners import running
from dockgate.builder.scanners.scanner_report import ScannerReport
from dockgate.linter.errors import UnfinishedError
from tests.builder.vulnerabilities.made import NOW, deb, debian, image

#: What `grype db status -o json` answers, of versions 5 and 6 of its data.
V5 = {"built": NOW.isoformat(), "schemaVersion": 5, "location": "/x", "checksum": "", "error": None}
V6 = {"schemaVersion": "v6.0.2", "from": "https://x", "built": NOW.isoformat(), "path": "/x",
      "valid": True}  # fmt: skip
REPORT = {
    "matches": [], "source": {"type": "image", "target": {}},
    "distro": {"name": "debian", "version": "12", "idLike": []},
    "descriptor": {"name": "grype", "version": "0.92.0",
                   "db": {"status": V6 | {"built": "2026-11-02T03:04:05Z"}}},
}  # fmt: skip
_PROGRAM = """#!/bin/sh
if [ "$1" = db ]; then
    printf '%s\\n' "$@" > "{folder}/asked-status"
    cat "$6" > "{folder}/settings"
    cat "{folder}/status"
    exit {status}
fi
printf '%s\\n' "$@" > "{folder}/asked"
env > "{folder}/environment"
cat "$7" > "{folder}/settings"
ls "${{1#oci-dir:}}" > "{folder}/given"
cat "{folder}/report" > "$5"
exit {scan}
"""


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("GRYPE_ONLY_FIXED", "true")
    monkeypatch.setenv("GRYPE_DB_CACHE_DIR", "/data")
    return folder


def install(folder: Path, status: Any, *, fails: int = 0, scan_fails: int = 0) -> None:
    (folder / "status").write_text(json.dumps(status))
    (folder / "report").write_text(json.dumps(REPORT))
    program = folder / "grype"
    program.write_text(_PROGRAM.format(folder=folder, status=fails, scan=scan_fails))
    program.chmod(0o755)


@pytest.mark.parametrize("status", [V5, V6])
def test_the_day_of_its_data(bin_folder: Path, status: Any) -> None:
    install(bin_folder, status)
    found = running.find("grype")
    assert found is not None
    assert found.data_as_of == NOW
    asked = (bin_folder / "asked-status").read_text().split("\n")
    assert asked[:5] == ["db", "status", "-o", "json", "-c"]
    assert (bin_folder / "settings").read_text() == "{}\n"


@pytest.mark.parametrize(("status", "fails"), [(V6, 1), (V6 | {"valid": False}, 0), ({}, 0)])
def test_data_that_does_not_fit_is_none(bin_folder: Path, status: Any, fails: int) -> None:
    install(bin_folder, status, fails=fails)
    found = running.find("grype")
    assert found is not None
    assert found.data_as_of is None


def scan(tmp_path: Path) -> ScannerReport:
    layout = tmp_path / "image"
    one = image(layout, debian(deb("bash", "5.2.15-2")))
    work = tmp_path / "work"
    work.mkdir()
    found = running.find("grype")
    assert found is not None
    return running.scan(found, str(layout), one, work)


def test_it_is_given_the_image_alone_and_nobodys_settings(tmp_path: Path, bin_folder: Path) -> None:
    install(bin_folder, V6)
    report = scan(tmp_path)
    asked = (bin_folder / "asked").read_text().split()
    work = tmp_path / "work"
    assert asked == [
        f"oci-dir:{work / 'layout'}", "-o", "json", "--file", str(work / "report.json"),
        "-c", str(work / "grype.yaml"),
    ]  # fmt: skip
    assert (bin_folder / "given").read_text().split() == ["blobs", "index.json", "oci-layout"]
    environment = (bin_folder / "environment").read_text().split("\n")
    assert "GRYPE_ONLY_FIXED=true" not in environment
    assert "GRYPE_DB_CACHE_DIR=/data" in environment
    assert "GRYPE_DB_AUTO_UPDATE=false" in environment
    assert (bin_folder / "settings").read_text() == "{}\n"
    assert report.looked
    assert report.data_as_of is not None
    assert report.data_as_of.day == 2  # of the data that was used, not of that asked about


def test_a_scan_that_fails_is_said(tmp_path: Path, bin_folder: Path) -> None:
    install(bin_folder, V6, scan_fails=1)
    with pytest.raises(UnfinishedError, match="grype failed with status 1"):
        scan(tmp_path)
