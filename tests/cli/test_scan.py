"""`dockgate scan --file`: findings at their lines of a Dockerfile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builder.images import write_layout
from tests.cli.command import dockgate

KEY = "app:x:0:0::/:/bin/sh\nroot:x:0:0::/:/bin/sh\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_layout(
        tmp_path / "image",
        [{"etc/passwd": "root:x:0:0::/:/bin/sh\n"}, {"etc/passwd": KEY}],
        {"history": ["base", "RUN /bin/sh -c useradd -o -u 0 app # buildkit"]},
    )
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "App").write_text("FROM debian:12\n\nRUN useradd -o -u 0 app\n")
    return tmp_path


def scan(folder: Path, *words: str) -> tuple[int, str, str]:
    more = ("--vulnerabilities", "off", "--no-cache")
    return tuple(dockgate("scan", *more, *words, "image", cwd=folder))  # type: ignore[return-value]


def test_findings_have_the_path_as_given(folder: Path) -> None:
    _, out, _ = scan(folder, "--format", "json", "--file", "docker/App")
    found = [one for one in json.loads(out)["diagnostics"] if one["path"] == "etc/passwd"]
    assert found
    for one in found:
        assert one["origin"] == {
            "instruction": "RUN useradd -o -u 0 app",
            "file": "docker/App",
            "line": 3,
            "baseImage": None,
        }


def test_sarif_is_at_the_line(folder: Path) -> None:
    _, out, _ = scan(folder, "--format", "sarif", "-f", "docker/App")
    places = [
        one["locations"][0]["physicalLocation"] for one in json.loads(out)["runs"][0]["results"]
    ]
    lines = [
        (one["artifactLocation"]["uri"], one["region"]["startLine"])
        for one in places
        if one["artifactLocation"]["uriBaseId"] == "SRCROOT"
    ]
    assert ("docker/App", 3) in lines


@pytest.mark.parametrize("name", ["missing", "docker", "image/oci-layout.gz"])
def test_a_dockerfile_that_is_none_is_a_usage_error(folder: Path, name: str) -> None:
    (folder / "image" / "oci-layout.gz").write_bytes(b"\x7fELF\0\0\0")
    code, out, err = scan(folder, "--file", name)
    assert (code, out) == (2, "")
    assert name in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["./none.tar", "/none", "../none", "~/none"])
def test_a_path_that_is_not_there_is_no_name(tmp_path: Path, name: str) -> None:
    ran = dockgate("scan", name, cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"dockgate: {name}: no such file or folder\n"


def test_where_no_report_can_be_written_nothing_is_scanned(tmp_path: Path) -> None:
    for target, said in (("none/r.json", "there is no folder none"), (".", "is a folder")):
        ran = dockgate("scan", "--output", target, "no-image-at-all", cwd=tmp_path)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == f"dockgate: --output {target}: {said}\n"
