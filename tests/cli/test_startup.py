"""What `dockgate lint` may import: a hook runs on every commit, an editor on every key."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import dockerfile_parse
import pytest

ROOT = Path(__file__).parents[2]

#: Light parts of the standard library; C extensions without a file of their own are not listed.
STDLIB = {
    "__future__", "abc", "bisect", "codecs", "collections", "contextlib", "copyreg", "enum",
    "encodings", "errno", "fnmatch", "functools", "gc", "genericpath", "hashlib", "importlib", "io",
    "ipaddress", "itertools", "json", "keyword", "math", "operator", "os", "posixpath", "re",
    "reprlib", "site", "stat", "string", "struct", "types", "typing", "unicodedata", "warnings",
    "weakref",
}  # fmt: skip
#: What dockerfile_parse imports, mostly for its log.
OF_DOCKERFILE_PARSE = {
    *("atexit", "linecache", "logging", "shlex", "string", "textwrap", "threading", "time"),
    *("token", "tokenize", "traceback"),
}
OTHERS = OF_DOCKERFILE_PARSE | {"dockgate", "dockerfile_parse", "tree_sitter", "tree_sitter_bash"}

#: What a lint imports whose result is in the cache: no `re`, no `typing`, no `json`.
CACHED_STDLIB = {
    "__future__", "bisect", "collections", "enum", "errno", "functools", "gc", "importlib",
    "itertools", "keyword", "operator", "reprlib", "types", "warnings",
}  # fmt: skip
CACHED = {
    "dockgate", "dockgate.__main__", "dockgate.cli", "dockgate.cli.declare", "dockgate.cli.lint",
    "dockgate.cli.output", "dockgate.cli.quick", "dockgate.cli.scope", "dockgate.linter",
    "dockgate.linter.batch", "dockgate.linter.cache", "dockgate.linter.configuration",
    "dockgate.linter.configuration.nearest", "dockgate.linter.errors", "dockgate.linter.files",
    "dockgate.linter.progress", "dockgate.linter.redact", "dockgate.linter.report",
    "dockgate.linter.reporters", "dockgate.linter.reporters.formats",
    "dockgate.linter.reporters.frame", "dockgate.linter.reporters.place",
    "dockgate.linter.reporters.text", "dockgate.linter.results", "dockgate.linter.scope",
    "dockgate.linter.vocabulary", "dockgate.rules", "dockgate.rules.finding",
    "dockgate.rules.record", "dockgate.rules.subjects", "dockgate.rules.subjects.text",
}  # fmt: skip

PROBE = """
import os, sys
os.environ["XDG_CACHE_HOME"] = {cache!r}
os.environ.pop("DOCKGATE_NO_CACHE", None)
sys.path[:0] = {paths!r}
before = set(sys.modules)
from dockgate.__main__ import main
code = main({argv!r})
sys.stdout.flush()
print("MODULES", code, sorted(set(sys.modules) - before))
"""

DOCKERFILE = """\
FROM debian:12.8-slim AS build
ARG VERSION=1.0
ENV PATH=/opt/bin:$PATH
RUN apt-get update && apt-get install -y --no-install-recommends curl \\
    && rm -rf /var/lib/apt/lists/*
COPY . /app
HEALTHCHECK CMD ["/bin/true"]
USER 1000
"""


def imported(argv: list[str], cache: Path | None = None) -> set[str]:
    """The modules that a lint imports in a bare interpreter: no site, no .pth files."""
    site = Path(dockerfile_parse.__file__).parents[1]
    home = str(cache) if cache is not None else "/dev/null"
    probe = PROBE.format(paths=[str(ROOT), str(site)], argv=argv, cache=home)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", probe], capture_output=True, text=True, check=True
    )
    _, _, tail = done.stdout.partition("MODULES ")
    code, _, names = tail.partition(" ")
    assert code in ("0", "1"), done.stdout + done.stderr
    return set(json.loads(names.replace("'", '"')))


@pytest.mark.parametrize("format_", ["text", "json", "hadolint"])
def test_lint_imports_only_what_it_uses(tmp_path: Path, format_: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    names = imported(["lint", "--format", format_, str(tmp_path / "Dockerfile")])
    top = {name.partition(".")[0] for name in names}
    foreign = {name for name in top - STDLIB - OTHERS if not name.startswith("_")}
    assert foreign == set()


def test_the_command_line_of_others_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    names = imported(["lint", str(tmp_path)])
    assert not {name for name in names if name.startswith("dockgate.builder")}
    assert not {f"dockgate.cli.{name}" for name in ("app", "build", "scan")} & names


def test_rules_that_are_off_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(
        DOCKERFILE.replace("FROM", "# hadolint ignore=DL3008\nFROM")
    )
    names = imported(["lint", str(tmp_path / "Dockerfile")])
    rules = {name for name in names if name.startswith("dockgate.rules.dockerfile.")}
    assert "dockgate.rules.dockerfile.user.root_user" in rules
    assert "dockgate.rules.dockerfile.formatting.trailing_spaces" not in rules
    assert not {name for name in names if name.startswith("dockgate.rules.image.")}


def test_a_lint_whose_result_is_known_imports_next_to_nothing(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".dockgate.yaml").write_text("rules: {root-user: off}\n")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    argv = ["lint", str(tmp_path / "Dockerfile")]
    first = imported(argv, tmp_path / "cache")
    assert {"re", "tree_sitter", "dockgate.linter.run"} <= first
    names = imported(argv, tmp_path / "cache")
    assert {name for name in names if name.startswith("dockgate")} == CACHED
    others = {name.partition(".")[0] for name in names} - {"dockgate"}
    assert {name for name in others if not name.startswith("_")} <= CACHED_STDLIB
