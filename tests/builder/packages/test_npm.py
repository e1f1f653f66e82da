"""npm packages, held to npm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder.packages import npm
from dockgate.builder.packages.npm import NpmReader
from tests.tools import npm as tool

from .reading import value_of
from .trees import in_folder, in_layers, pairs


@pytest.fixture(scope="module")
def tree() -> Path:
    """A project with some 300 packages installed, of which none is said to be of a scope's."""
    return tool.package("@vscode/vsce").parents[2]


def _listed(tree: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, fields in tree.get("dependencies", {}).items():
        if "version" in fields:  # else an optional one that is not installed
            yield name, fields["version"]
            yield from _listed(fields)


def test_equals_npm_ls(tree: Path) -> None:
    program = tool._npm_program()
    done = tool.node([program, "ls", "--all", "--json", f"--prefix={tree}"])
    rows = set(_listed(json.loads(done.stdout)))
    found = in_folder(tree)
    assert len(rows) > 100
    assert pairs(found, "npm") == rows
    assert not any(one.declared for one in found)


def test_equals_the_tree_that_npm_keeps_of_it(tree: Path) -> None:
    """As often as each is there, by the paths that npm has written down."""
    kept = json.loads((tree / "node_modules/.package-lock.json").read_text())["packages"]
    installed = [path for path in kept if (tree / path / "package.json").exists()]
    found = sorted(one.path for one in in_folder(tree) if one.type == "npm")
    assert found == sorted(f"{path}/package.json" for path in installed)


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("app/package.json", True),
        ("node_modules/a/package.json", True),
        ("app/node_modules/@s/a/package.json", True),
        ("node_modules/.pnpm/a@1/node_modules/a/package.json", True),
        ("node_modules/a/node_modules/b/package.json", True),
        ("node_modules/a/test/fixture/package.json", False),
        ("node_modules/@s/package.json", False),
        ("node_modules/@s/a/esm/package.json", False),
        ("node_modules/package.json", False),
        ("my_node_modules/a/b/package.json", True),
    ],
)
def test_which_manifests_are_packages(path: str, is_one: bool) -> None:
    assert npm.is_package(path) is is_one


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        ({"name": "a", "version": "1.0.0", "license": "MIT"}, ["a", "1.0.0", "", ["MIT"], ""]),
        ({"name": "@s/a", "version": "1.0.0-b.1+c", "license": {"type": "ISC"}},
         ["a", "1.0.0-b.1+c", "@s", ["ISC"], ""]),
        ({"name": "a", "version": "1", "licenses": [{"type": "MIT"}, {"type": "BSD"}, 3]},
         ["a", "1", "", ["MIT", "BSD"], ""]),
    ],
)  # fmt: skip
def test_a_row(fields: dict[str, Any], row: list[Any]) -> None:
    assert value_of(NpmReader(), "package.json", json.dumps(fields).encode()) == [row]


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b'"a"', b'{"type": "module"}', b'{"name": "a"}',
     b'{"name": 1, "version": 2}',
     b'{"name": "a", "version": {"x": 1}}', b'{"name": "a b", "version": "1"}', b"[" * 100_000,
     b'{"name": "", "version": "1"}', b"\xff\xfe"],
)  # fmt: skip
def test_what_is_no_package(data: bytes) -> None:
    assert value_of(NpmReader(), "package.json", data) is None


LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "app", "version": "1.0.0"},
        "node_modules/a": {"version": "1.0.0", "license": "MIT"},
        "node_modules/a/node_modules/@s/b": {"version": "2.0.0"},
        "node_modules/alias": {"name": "real", "version": "3.0.0"},
        "node_modules/dev": {"version": "4.0.0", "dev": True},
        "node_modules/app2": {"resolved": "packages/app2", "link": True},
        "packages/app2": {"version": "5.0.0"},
    },
}
OLD_LOCK = {
    "lockfileVersion": 1,
    "dependencies": {
        "a": {"version": "1.0.0", "dependencies": {"@s/b": {"version": "2.0.0"}}},
        "alias": {"version": "npm:real@3.0.0"},
        "dev": {"version": "4.0.0", "dev": True},
        "git": {"version": "git+ssh://git@host/x.git#1"},
    },
}
YARN = """# yarn lockfile v1


a@^1.0.0, a@~1.0:
  version "1.0.0"
  dependencies:
    "@s/b" "^2.0.0"

"@s/b@^2.0.0":
  version "2.0.0"

"alias@npm:real@^3.0.0":
  version "3.0.0"
"""
BERRY = """__metadata:
  version: 8

"a@npm:^1.0.0, a@npm:~1.0":
  version: 1.0.0
  resolution: "a@npm:1.0.0"

"@s/b@npm:^2.0.0":
  version: 2.0.0

"alias@npm:real@^3.0.0":
  version: 3.0.0

"app@workspace:.":
  version: 0.0.0-use.local
"""
PNPM_5 = """lockfileVersion: 5.4
packages:

  /a/1.0.0:
    resolution: {integrity: sha512-x}
    dev: false

  /@s/b/2.0.0_a@1.0.0:
    dev: false

  /real/3.0.0:
    dev: false

  /dev/4.0.0:
    dev: true
"""
PNPM_6 = """lockfileVersion: '6.0'
packages:

  /a@1.0.0:
    dev: false

  /@s/b@2.0.0(a@1.0.0):
    dev: false

  /real@3.0.0:
    dev: false

  /dev@4.0.0:
    dev: true
"""
PNPM_9 = """lockfileVersion: '9.0'
packages:

  a@1.0.0:
    resolution: {integrity: sha512-x}

  '@s/b@2.0.0':
    resolution: {integrity: sha512-x}

  real@3.0.0:
    resolution: {integrity: sha512-x}

snapshots:

  a@9.9.9: {}
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package-lock.json", json.dumps(LOCK)), ("npm-shrinkwrap.json", json.dumps(OLD_LOCK)),
        ("yarn.lock", YARN), ("yarn.lock", BERRY),
        ("pnpm-lock.yaml", PNPM_5), ("pnpm-lock.yaml", PNPM_6), ("pnpm-lock.yaml", PNPM_9),
    ],
)  # fmt: skip
def test_a_lock_counts_where_nothing_is_installed(name: str, text: str, tmp_path: Path) -> None:
    found = in_layers(tmp_path / "bundle", {f"app/{name}": text, "app/bundle.js": "x"})
    assert pairs(found, "npm") == {("a", "1.0.0"), ("@s/b", "2.0.0"), ("real", "3.0.0")}
    assert all(one.declared and one.path == f"app/{name}" for one in found)
    installed = {"app/node_modules/a/package.json": '{"name": "a", "version": "1.0.0"}'}
    found = in_layers(tmp_path / "tree", {f"app/{name}": text, **installed})
    assert [(one.purl, one.declared) for one in found] == [("pkg:npm/a@1.0.0", False)]


def test_the_locks_of_packages_are_not_the_images(tmp_path: Path) -> None:
    assert in_layers(tmp_path, {"app/node_modules/a/yarn.lock": YARN}) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [("package-lock.json", b"{"), ("package-lock.json", b'{"packages": [1]}'),
     ("package-lock.json", b'{"packages": {"node_modules/a": 3}, "dependencies": 4}'),
     ("package-lock.json", b'{"dependencies": {"a": {"version": [], "dependencies": {"b": 1}}}}'),
     ("yarn.lock", b"\xff\x00"), ("yarn.lock", b'"@":\n  version "1"\n'),
     ("pnpm-lock.yaml", b"packages:\n  @@@:\n  /:\n"),
     ("composer.lock", b'{"packages": {"a": 1}}')],
)  # fmt: skip
def test_a_damaged_lock_names_nothing(name: str, data: bytes, tmp_path: Path) -> None:
    assert in_layers(tmp_path, {name: data}) == []
