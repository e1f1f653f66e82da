"""gitleaks, the real one: what it finds is added, what both find is told once, its failures too."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dockgate.builder.scanners import gitleaks
from dockgate.linter.errors import UnfinishedError
from dockgate.rules.subjects.image import Image
from tests.builder.images import TOKEN, write_archive
from tests.builder.test_secrets_in_images import findings, read
from tests.engine.errors import EngineError
from tests.engine.packages import Apt, fetch_suite, own_lists, unpack
from tests.engine.paths import default_paths
from tests.linter.secret_search.labelled import DIGITS, HEX, Maker
from tests.tools import missing

SUITE = "trixie"
M = Maker(4)
#: A shape that gitleaks knows and our search does not.
PREFECT = "pnu_" + M.of(36, DIGITS + "abcdefghijklmnopqrstuvwxyz")


@pytest.fixture(scope="session")
def program() -> str:
    paths = default_paths()
    tree = paths.packages / "gitleaks"
    found = tree / "usr/bin/gitleaks"
    if not found.exists():
        try:
            own = Apt.of_machine(own_lists(paths))
            downloads = paths.packages / "gitleaks-debs"
            unpack(fetch_suite(own, SUITE, ["gitleaks"], paths, downloads), tree)
        except (EngineError, OSError, subprocess.SubprocessError) as error:
            raise missing(f"no gitleaks from Debian: {error}") from None
    return str(found)


def image_of(folder: Path) -> Image:
    files = {
        "app/notes.txt": f'first\nprefect = "{PREFECT}"\n',
        "app/.env": f"GITHUB_TOKEN={TOKEN}\n",
        "usr/share/a/x.txt": f'prefect = "{M.of(8)}{PREFECT}"\n',
        "app/.gitleaks.toml": "[allowlist]\npaths = ['''.*''']\n",
        "app/empty": "",
        "app/bin": b"\x7fELF\0" + PREFECT.encode(),
    }
    return read(folder, files, {"app/notes.txt": None, "app/k.txt": f"a_{M.of(5, HEX)}"})


def test_what_it_finds_is_added_once(tmp_path: Path, program: str) -> None:
    image = image_of(tmp_path)
    before = {one.path for one in findings(image)}
    assert before == {"app/.env"}
    assert gitleaks.add_findings(program, str(tmp_path), image) == 1
    found = {one.path: one.message for one in findings(image)}
    assert set(found) == {"app/.env", "app/notes.txt"}
    assert "(gitleaks)" in found["app/notes.txt"]
    assert "line 2) in app/notes.txt, deleted later" in found["app/notes.txt"]
    assert PREFECT not in repr(image.layers[0].secrets)


def test_an_archive_is_read_as_well(tmp_path: Path, program: str) -> None:
    from dockgate.builder.layout import open_image

    write_archive(tmp_path / "a.tar", [{"app/a.txt": f'prefect = "{PREFECT}"\n'}], {})
    image = open_image(str(tmp_path / "a.tar"))
    assert gitleaks.add_findings(program, str(tmp_path / "a.tar"), image) == 1


def test_it_is_asked_where_it_is_installed(
    tmp_path: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = image_of(tmp_path)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert gitleaks.search([image], str(tmp_path)) == []
    assert len(findings(image)) == 1
    monkeypatch.setenv("PATH", str(Path(program).parent))
    (note,) = gitleaks.search([image], "")
    assert "was not asked" in note
    assert gitleaks.search([image], str(tmp_path)) == []
    assert len(findings(image)) == 2


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 3", "failed with status 3"),
        ("echo --no-git", "wrote no report"),
        ("echo nothing", "install 8.16 or newer"),
        (
            'echo --no-git; for a; do case $a in */report.json) echo "{" > $a;; esac; done',
            "no JSON",
        ),
        (
            'echo --no-git; for a; do case $a in */report.json) echo "[{}]" > $a;; esac; done',
            "not in the form",
        ),
    ],
)
def test_its_failure_is_told(tmp_path: Path, script: str, said: str) -> None:
    program = tmp_path / "gitleaks"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    image = image_of(tmp_path / "layout")
    with pytest.raises(UnfinishedError, match=said) as caught:
        gitleaks.add_findings(str(program), str(tmp_path / "layout"), image)
    assert "\n" not in str(caught.value)
    assert json.dumps(str(caught.value)).isascii()
