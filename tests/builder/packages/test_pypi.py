"""Python distributions, held to pip."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from dockgate.builder.packages.pypi import PypiReader, normalised

from .reading import value_of
from .trees import in_folder, in_layers, pairs

SITE = "usr/lib/python3/dist-packages"


def test_equals_pip_list() -> None:
    """Of the very environment that the tests run in, less what distributions bring inside them."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "list",
        "--format",
        "json",
        "--disable-pip-version-check",
    ]
    listed = subprocess.run(command, capture_output=True, check=False, text=True)
    if listed.returncode:
        pytest.skip("this environment has no pip")
    site = Path(sysconfig.get_path("purelib"))
    rows = {(canonicalize_name(one["name"]), one["version"]) for one in json.loads(listed.stdout)}
    found = [one for one in in_folder(site) if one.type == "pypi" and one.path.count("/") == 1]
    assert len(rows) > 30
    assert pairs(found, "pypi") == rows
    assert len(found) == len(rows)


METADATA = """Metadata-Version: 2.1
Name: Foo_Bar.baz
Version: 1.0
License: {}
Classifier: License :: OSI Approved :: MIT License
Classifier: Programming Language :: Python

Name: not-this
"""


@pytest.mark.parametrize(
    ("path", "data", "row"),
    [
        ("foo-1.0.dist-info/METADATA", METADATA.format("MIT"), ("foo-bar-baz", "1.0", ["MIT"])),
        ("foo.egg-info/PKG-INFO", METADATA.format("UNKNOWN"),
         ("foo-bar-baz", "1.0", ["MIT License"])),
        ("foo-1.0.dist-info/METADATA", METADATA.format("Permission is\n        granted"),
         ("foo-bar-baz", "1.0", ["MIT License"])),
        ("foo-1.0-py3.11.egg-info", "Name: foo\nVersion: 1.0\nLicense-Expression: MIT OR 0BSD\n",
         ("foo", "1.0", ["MIT OR 0BSD"])),
        ("foo-1.0.egg/EGG-INFO/PKG-INFO", "Name: foo\nVersion: 1.0\n", ("foo", "1.0", [])),
        # damaged, but its path tells
        ("my_pkg-2.1.post1.dist-info/METADATA", "\x00\xff", ("my-pkg", "2.1.post1", [])),
        ("my_pkg-2.1-py3.9.egg/EGG-INFO/PKG-INFO", "", ("my-pkg", "2.1", [])),
        ("foo-1.dist-info/METADATA", "Name: a b\x1b[2J\nVersion: 1\n", ("foo", "1", [])),
    ],
)  # fmt: skip
def test_a_row(path: str, data: str, row: tuple[str, str, list[str]]) -> None:
    found = value_of(PypiReader(), f"{SITE}/{path}", data.encode())
    assert [(one[0], one[1], one[3]) for one in found] == [row]


def test_a_zipped_egg() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("EGG-INFO/PKG-INFO", "Name: Old\nVersion: 0.9\n")
    assert value_of(PypiReader(), f"{SITE}/x.egg", buffer.getvalue())[0][:2] == ["old", "0.9"]
    cut = buffer.getvalue()[:-10]
    assert value_of(PypiReader(), f"{SITE}/Old-0.9-py2.7.egg", cut)[0][:2] == ["old", "0.9"]


def test_only_what_is_installed(tmp_path: Path) -> None:
    found = in_layers(
        tmp_path,
        {
            f"{SITE}/a-1.dist-info/METADATA": "Name: a\nVersion: 1\n",
            f"{SITE}/~b-1.dist-info/METADATA": "Name: b\nVersion: 1\n",
            "src/c/PKG-INFO": "Name: c\nVersion: 1\n",
            "src/METADATA": "Name: d\nVersion: 1\n",
        },
        {f"{SITE}/a-2.dist-info/METADATA": "Name: a\nVersion: 2\n",
         f"{SITE}/a-1.dist-info/METADATA": None},
    )  # fmt: skip
    assert [one.purl for one in found] == ["pkg:pypi/a@2"]
    assert found[0].path == f"{SITE}/a-2.dist-info/METADATA"


@pytest.mark.parametrize("name", ["Foo", "foo.bar", "a__B", "A.-_b", "ruamel.yaml.clib"])
def test_names_are_normalised_as_pip_does(name: str) -> None:
    assert normalised(name) == canonicalize_name(name)
