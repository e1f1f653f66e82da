"""Every example in the documentation runs.

README.md, CONTRIBUTING.md and the pages of docs/ (those of the rules are run by
tests/rules/test_contract.py) are searched for fenced blocks:

- `console`: what follows `$ ` runs in a shell; the lines below it are found in what it prints, in
  this order (`…` stands for anything, and so does a digest).
- `sh`, `bash`: the block runs as one script.
- `yaml`: dockgate's or hadolint's configuration is loaded; CI files and hooks are validated.
- `dockerfile`, `json`, `toml`, `python`: parsed; a rule's examples are run.

Commands run in a repository of their own that has what the examples name (`sample`), on a real
engine where they need one, and may end with 0 or 1. A comment above a block says what else there
is to know:

    <!-- example: in fixtures/build/accepted -->       runs with these files (or: this Dockerfile)
    <!-- example: dockgate init github -->             is exactly what this command prints
    <!-- example: run by tests/editors/test_x.py -->   is run there
    <!-- example: not run: REASON -->

and one at the top of a page, on all its blocks but those of a shell:

    <!-- examples: run by tests/editors -->

`text`, or no language, is no example.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from markdown_it import MarkdownIt

from dockgate.linter import config as configuration
from dockgate.linter.configuration.config_file import ConfigFile
from dockgate.linter.migration.configuration import KNOWN, OPTIONS
from dockgate.linter.run import lint_bytes
from dockgate.rules.rule import Rule
from tests.builder.vulnerabilities.made import advisory, osv_zip
from tests.cli.command import dockgate
from tests.engine.client import Engine
from tests.hooks.repositories import commit, git

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(sys.executable).parent
MARK = re.compile(r"<!-- example: (.*?) -->", re.DOTALL)
PAGE_MARK = re.compile(r"<!-- examples: (run by \S+) -->")
SECONDS = 120
FINE = (0, 1)
SHELLS = ("console", "sh", "bash")
#: Commands that need an engine.
ENGINE = re.compile(r"\b(dockgate (build|scan)\b|--resolve\b|docker )")


class Block(NamedTuple):
    """A fenced block."""

    page: str
    line: int
    language: str
    text: str
    mark: str  #: what the comment above it says


def pages() -> list[Path]:
    docs = [p for p in (ROOT / "docs").rglob("*.md") if (ROOT / "docs/rules") not in p.parents]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(docs)]


def blocks(page: Path) -> Iterator[Block]:
    mark = ""
    text = page.read_text(encoding="utf-8")
    all_but_shell = PAGE_MARK.search(text)
    for token in MarkdownIt().parse(text):
        if token.type == "html_block":
            found = MARK.search(token.content)
            mark = " ".join(found[1].split()) if found is not None else ""
        elif token.type == "fence" and token.map is not None:
            name = str(page.relative_to(ROOT))
            language = token.info.split()[0] if token.info.split() else "text"
            if all_but_shell is not None and language not in SHELLS:
                mark = mark or all_but_shell[1]
            if language != "text":
                yield Block(name, token.map[0] + 1, language, token.content, mark)
            mark = ""
        elif not token.type.endswith("_close"):
            mark = ""


BLOCKS = [block for page in pages() for block in blocks(page)]
MARKED = [block for block in BLOCKS if block.mark and not block.mark.startswith("in ")]
PLAIN = [block for block in BLOCKS if not block.mark or block.mark.startswith("in ")]
SHELL = [block for block in PLAIN if block.language in SHELLS]
WITHOUT_SHELL = [block for block in PLAIN if block not in SHELL]


def named(block: Block) -> str:
    return f"{block.page}:{block.line}"


def test_there_are_examples() -> None:
    assert len(SHELL) >= 10
    assert {block.page for block in BLOCKS} >= {"README.md", "docs/cli.md", "docs/ci.md"}


@pytest.mark.parametrize("block", MARKED, ids=named)
def test_a_mark_holds(block: Block) -> None:
    if block.mark.startswith("dockgate "):
        ran = dockgate(*shlex.split(block.mark)[1:], "-")
        assert (ran.code, ran.out) == (0, block.text), "take the new text over into the page"
    elif block.mark.startswith("run by "):
        place = ROOT / block.mark.removeprefix("run by ")
        tests = [place] if place.is_file() else sorted(place.rglob("*.py"))
        assert any(block.page in test.read_text() for test in tests), f"not by {place}"
    else:
        assert re.fullmatch(r"not run: \S.{9,}", block.mark), f"unknown mark {block.mark!r}"


# ---- Commands ------------------------------------------------------------------------------------

DOCKERFILE = (ROOT / "fixtures/build/accepted/Dockerfile").read_text()
RUNTIME = DOCKERFILE.replace("FROM debian:bookworm-slim", "FROM debian:bookworm-slim AS runtime")


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A repository with what the examples name: a branch `main`, and a change since it."""
    folder = tmp_path / "sample"
    shutil.copytree(ROOT / "fixtures/build/accepted", folder)
    (folder / ".dockgate.yaml").write_text("fail_on: error\n")
    for name, text in {
        "app/Dockerfile": DOCKERFILE,
        "docker/Dockerfile": RUNTIME,
        "org.yaml": "fail_on: error\nimage_security_policy: {size: {max_layers: 50}}\n",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    osv_zip(folder / "all.zip", [advisory("CVE-2024-0001", "Debian:12", "openssl")])
    (folder / "advisories").mkdir()
    record = json.dumps(advisory("OURS-1", "npm", "ours"))
    (folder / "advisories" / "OURS-1.json").write_text(record)
    vex = {"@context": "https://openvex.dev/ns/v0.2.0", "statements": []}
    (folder / "app.openvex.json").write_text(json.dumps(vex))
    commit(folder)
    git(folder, "switch", "--quiet", "--create", "work")
    return folder


@pytest.fixture(scope="session")
def image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `image.tar` and `layout` of an image that the engine knows as app:1.0."""
    folder = tmp_path_factory.mktemp("image")
    context = ROOT / "fixtures/build/accepted"
    built = dockgate("build", "-t", "app:1.0", str(context), env=engine.env)
    assert built.code == 0, built.err
    engine.run("save", "-o", str(folder / "image.tar"), "app:1.0")
    with tarfile.open(folder / "image.tar") as archive:
        archive.extractall(folder / "layout")
    return folder


@pytest.mark.parametrize("block", SHELL, ids=named)
def test_commands_run(block: Block, sample: Path, request: pytest.FixtureRequest) -> None:
    if block.mark:
        with_files(sample, ROOT / block.mark.removeprefix("in "))
    env = {**os.environ, "NO_COLOR": "1", "XDG_CACHE_HOME": str(sample.parent / "cache")}
    env["XDG_DATA_HOME"] = str(sample.parent / "data")
    text = block.text
    if ENGINE.search(text):
        engine: Engine = request.getfixturevalue("engine")
        made: Path = request.getfixturevalue("image")
        env |= engine.env
        # The registry of the examples is the tests' own.
        text = text.replace("registry.example.com", engine.registry)
        shutil.copy(made / "image.tar", sample)
        shutil.copytree(made / "layout", sample / "layout")
        (sample / ".dockerignore").write_text("image.tar\nlayout\n")
    env["PATH"] = f"{PROGRAMS}:{env['PATH']}"
    if block.language == "console":
        for command, shown in prompts(text):
            code, out, err = shell(command, sample, env)
            assert code in FINE, f"{command}\n{out}{err}"
            in_order(shown, out, err)
    else:
        code, out, err = shell(text, sample, env)
        assert code in FINE, out + err


def with_files(folder: Path, source: Path) -> None:
    """Put the files of a folder in the sample, or one file as its Dockerfile."""
    if source.is_dir():
        shutil.copytree(source, folder, dirs_exist_ok=True)
    else:
        shutil.copy(source, folder / "Dockerfile")
    (folder / ".dockgate.yaml").unlink()


def shell(script: str, folder: Path, env: dict[str, str]) -> tuple[int, str, str]:
    """Run a script; a command in it that ends otherwise than fine ends the script."""
    guard = f"trap 'code=$?; [ $code -le {max(FINE)} ] || exit $code' ERR; set -o pipefail\n"
    done = subprocess.run(
        ["bash", "-c", guard + script],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def prompts(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command after `$ ` (with what continues it) and the output that is shown for it."""
    command, shown = "", list[str]()
    for line in text.splitlines():
        if command.endswith("\\"):
            command += "\n" + line.removeprefix("> ")
        elif line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line.removeprefix("$ "), []
        elif line.strip():
            shown.append(line)
    assert command, "no command in a console block"
    yield command, shown


def in_order(shown: list[str], *streams: str) -> None:
    """Every shown line stands in one of the streams, below what was shown of it before."""
    left = [stream.splitlines() for stream in streams]
    for line in shown:
        if line.strip() == "…":
            continue
        parts = re.split(r"…|\.\.\.|sha256:[0-9a-f]+", line)
        pattern = re.compile(".*".join(map(re.escape, parts)))
        for rest in left:
            at = next((i for i, there in enumerate(rest) if pattern.fullmatch(there)), None)
            if at is not None:
                del rest[: at + 1]
                break
        else:
            pytest.fail(f"not in the output: {line}\n{''.join(streams)}")


# ---- Files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", WITHOUT_SHELL, ids=named)
def test_files_are_right(block: Block, tmp_path: Path) -> None:
    check = {
        "yaml": yaml_is_right,
        "json": json_is_right,
        "toml": toml_is_right,
        "dockerfile": dockerfile_is_right,
        "python": python_is_right,
    }.get(block.language)
    assert check is not None, f"nothing runs `{block.language}` here: say above it who does"
    check(block.text, tmp_path)


def yaml_is_right(text: str, folder: Path) -> None:
    keys = set(yaml.safe_load(text))
    if keys <= ConfigFile.model_fields.keys():
        path = folder / ".dockgate.yaml"
    elif keys <= KNOWN | OPTIONS.keys():
        path = folder / ".hadolint.yaml"
    else:
        schema = {"repos": "vendor.pre-commit-config", "jobs": "vendor.github-workflows"}
        name = next((schema[key] for key in sorted(keys) if key in schema), "vendor.gitlab-ci")
        path = folder / "file.yaml"
        path.write_text(text)
        command = ["check-jsonschema", "--builtin-schema", name]
        if name == "vendor.pre-commit-config":
            command = ["pre-commit", "validate-config"]
        words = [f"{PROGRAMS}/{command[0]}", *command[1:], str(path)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return
    path.write_text(text)
    assert configuration.read(str(path)).path == str(path)


def json_is_right(text: str, folder: Path) -> None:
    json.loads(text)


def toml_is_right(text: str, folder: Path) -> None:
    tomllib.loads(text)


def dockerfile_is_right(text: str, folder: Path) -> None:
    report = lint_bytes(text.encode(), "Dockerfile")
    assert report.failures == []
    broken = {"syntax-error", "unreadable-script"}
    # Comments alone are an example too; whatever else there is must be readable.
    if any(line.strip() and not line.startswith("#") for line in text.splitlines()):
        assert not {finding.rule.name for finding in report.findings} & broken


def python_is_right(text: str, folder: Path) -> None:
    """A rule does what its examples say."""
    from dockgate.linter import document, engine

    scope: dict[str, object] = {}
    exec(compile(text, "example", "exec"), scope)
    rule = scope.get("RULE")
    assert isinstance(rule, Rule), "only a rule can be run: say above the block who runs it"
    for example in rule.examples:
        model = document.read(example.source.encode(), "Dockerfile")
        findings, failures = engine.check(model, [rule])
        assert not failures
        places = [finding.span for finding in findings if finding.span is not None]
        found = {model.text.position(place.start).line for place in places}
        assert found == set(example.at)
