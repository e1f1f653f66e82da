"""Gems, PHP, .NET and Conda packages, and whose they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.packages.gem import GemReader
from dockgate.rules.rule import File
from tests.tools import debian

from .reading import DEBIAN, files, value_of
from .rpm_tool import rpm_tool
from .trees import in_folder, in_layers, pairs

GEM = """# -*- encoding: utf-8 -*-
# stub: rack-test 2.1.0 ruby lib

Gem::Specification.new do |s|
  s.name = "rack-test".freeze
  s.version = "2.1.0".freeze

  s.licenses = ["MIT".freeze, "Ruby".freeze]
end
"""


@pytest.mark.parametrize(
    ("name", "text", "row"),
    [
        ("rack-test-2.1.0", GEM, ["rack-test", "2.1.0", "", ["MIT", "Ruby"], ""]),
        ("a-1.0", 'Gem::Specification.new do |spec|\n  spec.name = %q{a}\n  spec.version = "1.0"\n',
         ["a", "1.0", "", [], ""]),
        ("nokogiri-1.16.0-x86_64-linux", "", ["nokogiri", "1.16.0", "", [], ""]),
        ("b-2", 's.name = "b"\n s.version = Gem::Version.new("2.0.1")\n s.license = "MIT"\n',
         ["b", "2.0.1", "", ["MIT"], ""]),
    ],
)  # fmt: skip
def test_a_gem(name: str, text: str, row: list[Any]) -> None:
    path = f"usr/lib/ruby/gems/3.1.0/specifications/{name}.gemspec"
    assert value_of(GemReader(), path, text.encode()) == [row]


def test_equals_what_ruby_itself_says() -> None:
    ruby = debian.program("ruby3.1", "usr/bin/ruby3.1", "libruby3.1")
    tree = ruby.tree
    folders = [
        str(one.parent)
        for one in sorted(tree.rglob("specifications"))
        if one.is_dir() and any(one.rglob("*.gemspec"))
    ]
    script = (
        "ARGV.each { |f| Dir[f + '/specifications/**/*.gemspec'].each { |g| "
        "s = Gem::StubSpecification.gemspec_stub(g, f, f + '/gems'); "
        "puts [s.name, s.version].join(' ') } }"
    )
    libraries = [str(one) for one in tree.glob("usr/lib/ruby/3.*")]
    libraries += [str(one) for one in tree.glob("usr/lib/*/ruby/3.*")]
    options = [f"-I{one}" for one in [*libraries, *map(str, tree.glob("usr/lib/ruby/vendor_ruby"))]]
    done = ruby.run(["--disable-gems", *options, "-rrubygems", "-e", script, *folders])
    assert done.returncode == 0, done.stderr
    rows = {tuple(line.split()) for line in done.stdout.splitlines()}
    assert len(rows) > 50
    assert pairs(in_folder(tree), "gem") == rows


PHP = [{"name": "monolog/monolog", "version": "v3.5.0", "license": ["MIT"]}]


@pytest.mark.parametrize("document", [PHP, {"packages": PHP, "dev": False}])
def test_composer(document: Any, tmp_path: Path) -> None:
    installed = {"app/vendor/composer/installed.json": json.dumps(document)}
    lock = {"app/composer.lock": json.dumps({"packages": PHP, "packages-dev": [1]})}
    found = in_layers(tmp_path / "1", {**installed, **lock})
    assert [one.purl for one in found] == ["pkg:composer/monolog/monolog@v3.5.0"]
    assert found[0].licenses == ("MIT",)
    assert not found[0].declared
    found = in_layers(tmp_path / "2", lock)
    assert [(one.purl, one.declared) for one in found] == [
        ("pkg:composer/monolog/monolog@v3.5.0", True)
    ]


DOTNET = {
    "targets": {
        ".NETCoreApp,Version=v8.0/linux-x64": {
            "app/1.0.0": {"runtime": {"app.dll": {}}},
            "Newtonsoft.Json/13.0.3": {"runtime": {"lib/net6.0/Newtonsoft.Json.dll": {}}},
            "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": {"runtime": {"a.dll": {}}},
            "Analyzer/1.0.0": {"compile": {"a.dll": {}}},
            "Native/2.0.0": {"native": {"libx.so": {}}},
            "Meta/3.0.0": {"dependencies": {"Native": "2.0.0"}},
        }
    },
    "libraries": {
        "app/1.0.0": {"type": "project"},
        "Newtonsoft.Json/13.0.3": {"type": "package"},
        "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": {"type": "runtimepack"},
        "Analyzer/1.0.0": {"type": "package"},
        "Native/2.0.0": {"type": "package"},
        "Meta/3.0.0": {"type": "package"},
        "NotUsed/1.0.0": {"type": "package"},
    },
}


def test_nuget(tmp_path: Path) -> None:
    found = in_layers(
        tmp_path, {"app/app.deps.json": b"\xef\xbb\xbf" + json.dumps(DOTNET).encode()}
    )
    assert pairs(found, "nuget") == {
        ("Newtonsoft.Json", "13.0.3"),
        ("Microsoft.NETCore.App.Runtime.linux-x64", "8.0.1"),
        ("Native", "2.0.0"),
        ("Meta", "3.0.0"),
    }


def test_conda(tmp_path: Path) -> None:
    record = {"name": "numpy", "version": "1.26.4", "license": "BSD-3-Clause", "files": ["a"]}
    layer = {
        "opt/conda/conda-meta/numpy-1.26.4-py311.json": json.dumps(record),
        "opt/conda/conda-meta/history": "==>",
        "opt/conda/pkgs/x/info/index.json": json.dumps(record),
    }
    assert [one.purl for one in in_layers(tmp_path, layer)] == ["pkg:conda/numpy@1.26.4"]


@pytest.mark.parametrize(
    "path",
    ["a/vendor/composer/installed.json", "a/b.deps.json", "a/conda-meta/b.json",
     "a/specifications/b.gemspec", "a/x.dist-info/PKG-INFO"],
)  # fmt: skip
@pytest.mark.parametrize(
    "data", [b"", b"{", b"[[]]", b'{"packages": 1}', b'{"targets": [], "libraries": {"a": 1}}',
             b'{"targets": {"a": {"b/1": []}}, "libraries": {"b/1": []}}', b"\xff" * 99,
             b"[" * 99_999]
)  # fmt: skip
def test_damaged_strays_are_nothing(path: str, data: bytes, tmp_path: Path) -> None:
    assert in_layers(tmp_path, {path: data}) == []


STATUS = """Package: python3-yaml
Status: install ok installed
Architecture: amd64
Version: 6.0-3+b2
Source: pyyaml

"""
APK = """P:py3-six
V:1.16.0-r9
A:x86_64
F:usr/lib/python3.12/site-packages/six-1.16.0-py3.12.egg-info
R:PKG-INFO
F:
R:x

"""
YAML = "usr/lib/python3/dist-packages/PyYAML-6.0.egg-info/PKG-INFO"
LOCAL = "usr/local/lib/python3.12/site-packages"
SIX = "usr/lib/python3.12/site-packages/six-1.16.0-py3.12.egg-info/PKG-INFO"


def test_parts_of_a_distributions_packages_are_known(tmp_path: Path) -> None:
    layer = {
        "etc/os-release": DEBIAN,
        "var/lib/dpkg/status": STATUS,
        "var/lib/dpkg/info/python3-yaml:amd64.list": f"/.\n/usr\n/{YAML}\n",
        "lib/apk/db/installed": APK,
        YAML: "Name: PyYAML\nVersion: 6.0\n",
        SIX: "Name: six\nVersion: 1.16.0\n",
        f"{LOCAL}/six-1.17.dist-info/METADATA": "Name: six\nVersion: 1.17\n",
    }
    found = in_layers(tmp_path, layer)
    assert {(one.name, one.version, one.owner) for one in found} == {
        ("python3-yaml", "6.0-3+b2", ""),
        ("py3-six", "1.16.0-r9", ""),
        ("pyyaml", "6.0", "python3-yaml"),
        ("six", "1.16.0", "py3-six"),
        ("six", "1.17", ""),
    }


SPEC = """Name: python3-foo
Version: 1
Release: 2
License: MIT
BuildArch: noarch
Summary: for tests
%description
%install
mkdir -p %{buildroot}/usr/lib/python3.9/site-packages/foo-1.dist-info %{buildroot}/usr/share
echo x > %{buildroot}/usr/lib/python3.9/site-packages/foo-1.dist-info/METADATA
echo x > %{buildroot}/usr/share/foo
%files
/usr
"""


@pytest.mark.parametrize("backend", ["sqlite", "ndb"])
def test_parts_of_an_rpm_are_known(backend: str, tmp_path: Path) -> None:
    tool = rpm_tool()
    built = tool.build(tmp_path / "build", [SPEC])
    tool.install(tmp_path / "db", backend, built)
    path = "usr/lib/python3.9/site-packages/foo-1.dist-info/METADATA"
    layer: dict[str, str | bytes | File] = {
        path: "Name: foo\nVersion: 1\n",
        **files(tmp_path / "db", "var/lib/rpm"),
    }
    found = in_layers(tmp_path / "image", layer)
    assert {(one.type, one.name, one.owner) for one in found} == {
        ("rpm", "python3-foo", ""),
        ("pypi", "foo", "python3-foo"),
    }
