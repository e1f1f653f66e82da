"""syft finds nothing that dockgate lacks, save what docs/packages.md explains."""

from __future__ import annotations

import json
import shutil
import sys
import sysconfig
from pathlib import Path

import pytest

from dockgate.builder.packages.package import Package
from tests.engine.paths import default_paths
from tests.tools import debian, missing, npm
from tests.tools.syft import Found, syft

from .trees import full_name, in_folder, readers


def own(packages: list[Package]) -> set[Found]:
    return {
        Found(one.type, one.name if one.type in ("maven", "deb") else full_name(one), one.version)
        for one in packages
    }


def compare(target: str, packages: list[Package], least: int) -> None:
    theirs, ours = syft(target), own(packages)
    assert len(theirs) >= least
    assert theirs - ours == set()


def test_the_environment_of_these_tests(tmp_path: Path) -> None:
    """What Python distributions and what is in them say of themselves, npm among it."""
    site = Path(sysconfig.get_path("purelib"))
    for name in ("METADATA", "PKG-INFO", "package.json"):
        for path in site.rglob(name):
            copy = tmp_path / path.relative_to(site)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    packages = in_folder(tmp_path)
    compare(f"dir:{tmp_path}", packages, 150)
    assert {"pypi", "npm"} <= {one.type for one in packages}


def test_programs(tmp_path: Path) -> None:
    programs = [
        npm.package("esbuild-linux-32") / "bin/esbuild",
        npm.package("esbuild-darwin-64") / "bin/esbuild",
        npm.package("@esbuild/linux-x64") / "bin/esbuild",
        npm.package("@esbuild/win32-x64") / "esbuild.exe",
        Path(sys.executable).parent / "uv",
    ]
    for number, program in enumerate(programs):
        (tmp_path / str(number)).mkdir()
        shutil.copy(program, tmp_path / str(number))
    compare(f"dir:{tmp_path}", in_folder(tmp_path), 300)


def test_a_tree_of_npm() -> None:
    tree = npm.package("@vscode/vsce").parents[2]
    compare(f"dir:{tree}", in_folder(tree), 100)


@pytest.mark.parametrize(
    ("packages", "path", "least"),
    [
        (("libmaven3-core-java",), "usr/share/java/maven3-core.jar", 50),
        (("ruby3.1", "libruby3.1"), "usr/bin/ruby3.1", 80),
    ],
)
def test_debians_java_and_ruby(packages: tuple[str, ...], path: str, least: int) -> None:
    tree = debian.program(packages[0], path, *packages[1:]).tree
    compare(f"dir:{tree}", in_folder(tree), least)


@pytest.mark.usefixtures("engine")  # it makes the base images
def test_debian(tmp_path: Path) -> None:
    """The tests' base image of Debian as an OCI layout."""
    from dockgate.builder.layout import open_image
    from dockgate.builder.packages.inventory import inventory

    bases = default_paths().bases
    index = bases / "debian-bookworm-slim.json"
    if not index.exists():
        raise missing("the tests' base images are not made: start the tests' engine once")
    (tmp_path / "blobs/sha256").mkdir(parents=True)
    (tmp_path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    shutil.copy(index, tmp_path / "index.json")
    waiting = [one["digest"] for one in json.loads(index.read_text())["manifests"]]
    while waiting:
        digits = waiting.pop().removeprefix("sha256:")
        shutil.copy(bases / digits, tmp_path / "blobs/sha256" / digits)
        data = (bases / digits).read_bytes()
        if data[:1] == b"{":
            document = json.loads(data)
            parts = [document.get("config", {}), *document.get("layers", ())]
            waiting += [one["digest"] for one in parts if "digest" in one]
    packages = inventory(open_image(str(tmp_path), readers=readers())).packages
    compare(f"oci-dir:{tmp_path}", packages, 40)
