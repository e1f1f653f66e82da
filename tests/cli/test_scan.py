"""`dockgate scan --file`: findings at their lines of a Dockerfile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dockgate.rules.rule import File
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


def test_severities_at_some_paths_of_an_image(tmp_path: Path) -> None:
    tool = File(b"\x7fELF" + bytes(60), mode=0o4755)
    paths = ("usr/bin/known", "opt/app/vendor/x", "opt/app/own")
    write_layout(tmp_path / "image", [dict.fromkeys(paths, tool)], {"User": "1"})
    own = "overrides:\n- in_images: [/usr/bin/known, vendor/]\n  rules: {image-setuid: off}\n"

    def found(config: str, *options: str) -> dict[str, str]:
        (tmp_path / ".dockgate.yaml").write_text(config)
        words = ("--vulnerabilities", "off", "--format", "json", *options, "image")
        ran = dockgate("scan", *words, cwd=tmp_path)
        return {
            one["path"]: one["severity"]
            for one in json.loads(ran.out)["diagnostics"]
            if one["rule"] == "image-setuid"
        }

    level = found("")[paths[0]]
    assert found("") == dict.fromkeys(paths, level)
    assert found(own) == {paths[2]: level}
    assert found(own, "--policy", ".dockgate.yaml") == {paths[2]: level}
    assert found(own.replace("off", "style"))[paths[0]] == "style"
    last = f"{own}- in_images: ['**/known']\n  rules: {{image-setuid: error}}\n"
    assert found(last) == {paths[0]: "error", paths[2]: level}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("in_images: [a], paths: [b]", "in_images stands alone"),
        ("in_images: [a], stages: [b]", "in_images stands alone"),
        ("in_images: []", "name paths, stages, both, or in_images"),
    ],
)
def test_places_in_images_stand_alone(tmp_path: Path, entry: str, said: str) -> None:
    (tmp_path / ".dockgate.yaml").write_text(f"overrides: [{{{entry}, rules: {{sudo: off}}}}]\n")
    ran = dockgate("scan", "x", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_lock_holds_at_every_path(tmp_path: Path) -> None:
    tool = File(b"\x7fELF" + bytes(60), mode=0o4755)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".dockgate.yaml").write_text("locked: [image-setuid]\n")
    below = tmp_path / "below"
    write_layout(below / "image", [{"usr/bin/known": tool}], {"User": "1"})
    (below / ".dockgate.yaml").write_text(
        "overrides: [{in_images: [known], rules: {image-setuid: off}}]\n"
    )
    ran = dockgate("scan", "--vulnerabilities", "off", "image", cwd=below)
    assert (ran.code, ran.out) == (2, "")
    assert "image-setuid is off here" in ran.err
    assert "has locked it" in ran.err
