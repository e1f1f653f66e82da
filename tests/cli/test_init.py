"""`dockgate init`: what it writes is valid, does what it says, and never takes a file's place."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser

from dockgate import __version__
from dockgate.linter.config import DEFAULT_CONFIG, read
from dockgate.linter.configuration.config_file import ConfigFile, json_schema
from dockgate.linter.discover import is_dockerfile
from dockgate.linter.init.starter import STARTERS, addition, text
from tests.cli.command import ROOT, dockgate
from tests.engine.client import Engine

PROGRAMS = Path(sys.executable).parent
BUILDS = ROOT / "fixtures" / "build"
KINDS = sorted(STARTERS)


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    program = PROGRAMS / command[0]
    return subprocess.run(
        [program, *command[1:]], cwd=cwd, capture_output=True, text=True, check=False
    )


def written(kind: str, folder: Path) -> Path:
    assert dockgate("init", kind, cwd=folder).code == 0
    return folder / STARTERS[kind].path


@pytest.mark.parametrize("kind", KINDS)
def test_it_writes_and_tells_the_next_step(kind: str, tmp_path: Path) -> None:
    starter = STARTERS[kind]
    ran = dockgate("init", kind, cwd=tmp_path)
    assert ran == (0, "", f"dockgate: wrote {starter.path}; next: {starter.next}\n")
    content = (tmp_path / starter.path).read_text()
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / starter.path]
    assert dockgate("init", kind, "-", cwd=tmp_path) == (0, content, "")
    assert "@VERSION@" not in content
    assert kind == "policy" or __version__ in content
    assert max(map(len, content.splitlines())) <= 110


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_exists_is_safe(kind: str, tmp_path: Path) -> None:
    path = tmp_path / STARTERS[kind].path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine\n")
    ran = dockgate("init", kind, cwd=tmp_path)
    assert (ran.code, path.read_text()) == (1, "mine\n")
    assert ran.out == addition(STARTERS[kind])
    assert ran.err.startswith(f"dockgate: {STARTERS[kind].path} exists, nothing is written: ")
    assert ran.err.count("\n") == 1
    assert dockgate("init", kind, "--force", cwd=tmp_path).code == 0
    assert path.read_text() == text(STARTERS[kind])
    elsewhere = dockgate("init", kind, "new/place", cwd=tmp_path)
    assert elsewhere.code == 0
    assert (tmp_path / "new/place").read_text() == text(STARTERS[kind])


def test_a_dangling_link_is_a_file_that_exists(tmp_path: Path) -> None:
    (tmp_path / "Jenkinsfile").symlink_to("elsewhere")
    assert dockgate("init", "jenkins", cwd=tmp_path).code == 1
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("rival", [".dockgate.yml", ".hadolint.yaml"])
def test_a_policy_does_not_silence_another(rival: str, tmp_path: Path) -> None:
    (tmp_path / rival).write_text("")
    ran = dockgate("init", "policy", cwd=tmp_path)
    assert ran.code == 1
    assert f"{rival} exists" in ran.err
    assert ("dockgate migrate --write" in ran.err) == (rival == ".hadolint.yaml")
    assert not (tmp_path / ".dockgate.yaml").exists()


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / ".github").write_text("a file")
    ran = dockgate("init", "github", cwd=tmp_path)
    assert ran.code == 3
    assert ran.err.startswith("dockgate: cannot write .github/workflows/dockgate.yml: ")
    assert ran.err.count("\n") == 1


def test_the_workflow_is_valid_and_safe(tmp_path: Path) -> None:
    path = written("github", tmp_path)
    schema = ("check-jsonschema", "--builtin-schema", "vendor.github-workflows", path)
    audit = ("zizmor", "--offline", "--no-config", "--persona=auditor", path)
    for command in (schema, audit):
        done = run(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    content = path.read_text()
    path.write_text(content.replace("runs-on", "runs_on"))
    assert run(*schema, cwd=tmp_path).returncode == 1
    path.write_text(re.sub(r"@[0-9a-f]{40} #", "@", content).replace("permissions: {}", ""))
    assert run(*audit, cwd=tmp_path).returncode > 1


def test_the_gitlab_jobs_are_valid(tmp_path: Path) -> None:
    path = written("gitlab", tmp_path)
    schema = ("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", path)
    done = run(*schema, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    path.write_text(path.read_text().replace("codequality:", "code_quality:"))
    assert run(*schema, cwd=tmp_path).returncode == 1


def groovy(source: bytes) -> Node:
    import tree_sitter_groovy

    return Parser(Language(tree_sitter_groovy.language())).parse(source).root_node


def blocks(node: Node) -> Iterator[tuple[str, Node]]:
    """The `name { … }` and `name('…') { … }` right below a node, with their bodies."""
    for child in node.children:
        inner = child.children[0] if child.type == "expression_statement" else child
        name, body = inner.child_by_field_name("name"), inner.child_by_field_name("body")
        if name is not None and name.text is not None:
            yield name.text.decode(), body if body is not None else inner


def test_the_pipeline_is_valid(tmp_path: Path) -> None:
    """Groovy by its grammar; the sections by what Jenkins' "Pipeline Syntax" allows in each."""
    source = written("jenkins", tmp_path).read_bytes()
    tree = groovy(source)
    assert not tree.has_error
    assert groovy(source.replace(b"stage('Lint') {", b"stage('Lint' {")).has_error
    ((name, pipeline),) = blocks(tree)
    assert name == "pipeline"
    sections = dict(blocks(pipeline))
    assert set(sections) == {"agent", "options", "environment", "stages"}
    stages = list(blocks(sections["stages"]))
    assert [name for name, _ in stages] == ["stage"] * 3
    for _, stage in stages:
        inside = dict(blocks(stage))
        assert inside.keys() <= {"steps", "post"}
        assert "steps" in inside
        if "post" in inside:
            assert dict(blocks(inside["post"])).keys() == {"always"}


def test_the_hook_configuration_is_valid(tmp_path: Path) -> None:
    path = written("pre-commit", tmp_path)
    assert run("pre-commit", "validate-config", path, cwd=tmp_path).returncode == 0
    manifest = ROOT / ".pre-commit-hooks.yaml"
    assert run("pre-commit", "validate-manifest", manifest, cwd=tmp_path).returncode == 0
    (local,) = yaml.safe_load(path.read_text())["repos"]
    (hook,) = local["hooks"]
    published = {entry["id"]: entry for entry in yaml.safe_load(manifest.read_text())}
    for key in ("files", "entry", "language", "require_serial"):
        assert hook[key] == published["dockgate-lint"][key]
    assert published["dockgate-fix"]["files"] == hook["files"]
    added = yaml.safe_load("repos:\n" + addition(STARTERS["pre-commit"]))
    assert added == {"repos": [local]}


PATTERN = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())[0]["files"]
PARTS = ["dockerfile", "Dockerfile", "CONTAINERFILE", "containerfile", ".", "-", "dev", "x"]
PARTS += [".dockerfile", ".dockerignore", "dockerfile.", "my"]


@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4).map("".join))
def test_the_hook_takes_what_lint_looks_for(name: str) -> None:
    for path in (name, f"a b/{name}", f"Dockerfile/{name}"):
        assert bool(re.search(PATTERN, path)) == is_dockerfile(name)


def keys(schema: dict[str, Any]) -> set[str]:
    """Every key of the configuration, those of the policy too."""
    parts = [schema, *schema["$defs"].values()]
    return {key for part in parts for key in part.get("properties", {})}


def test_the_policy_explains_every_key_and_changes_nothing(tmp_path: Path) -> None:
    path = written("policy", tmp_path)
    config = read(str(path))
    assert dict(config.selection.severities) == {}
    assert config.selection.profile is None
    assert (config.fail_on, config.inline_ignores) == (DEFAULT_CONFIG.fail_on, True)
    for name in config.settings.__slots__:
        assert getattr(config.settings, name) == getattr(DEFAULT_CONFIG.settings, name), name
    content = path.read_text()
    jsonschema.validate(yaml.safe_load(content), json_schema())
    for key in keys(json_schema()):
        assert re.search(rf"^\s*(#  *(- )?)?{key}:", content, re.MULTILINE), key
    # Every key has a comment above it or, as an example, beside it.
    assert set(yaml.safe_load(content)) == set(ConfigFile.model_fields)


def test_the_examples_of_the_policy_can_be_used(tmp_path: Path) -> None:
    content = text(STARTERS["policy"])
    content = re.sub(r"(?m): (?:\[\]|null) +# (\[.*\]|\d+)$", r": \1", content)
    content = re.sub(r"(?m)(: )(?:\{\}|\[\])\n((?:#  .*\n)+)", _uncommented, content)
    path = tmp_path / ".dockgate.yaml"
    path.write_text(content)
    config = read(str(path))
    assert len(config.selection.severities) >= 2
    assert len(config.overrides) == 3
    assert config.policy is not None
    assert config.policy.size.max_layers == 20
    assert config.settings.trusted_registries


def _uncommented(match: re.Match[str]) -> str:
    return ":\n" + match[2].replace("#  ", "  ")


def steps(kind: str, folder: Path) -> dict[str, list[str]]:
    """The shell commands of a CI file that call dockgate, by job or stage."""
    content = written(kind, folder).read_text()
    found: dict[str, list[str]]
    if kind == "github":
        jobs = yaml.safe_load(content)["jobs"]
        found = {n: [s["run"] for s in job["steps"] if "run" in s] for n, job in jobs.items()}
    elif kind == "gitlab":
        jobs = yaml.safe_load(content)
        found = {n.removeprefix("dockgate-"): job["script"] for n, job in jobs.items()}
    else:
        parts = re.split(r"stage\('(.*)'\)", content)[1:]
        names = {"Lint": "lint", "Security Gate": "build"}
        found = {
            names.get(name, name): [a or b for a, b in re.findall(r"sh '(?:''(.*?)'''|(.*)')",
                                                                  body, re.DOTALL)]
            for name, body in zip(parts[::2], parts[1::2], strict=True)
        }  # fmt: skip
    wanted = ("dockgate lint", "dockgate build", 'dockgate" lint', 'dockgate" build')
    return {
        name: [line for line in lines if any(word in line for word in wanted)]
        for name, lines in found.items()
        if name in ("lint", "build")
    }


REPORTS = {
    "github": ["dockgate.sarif"],
    "gitlab": ["gl-code-quality-report.json"],
    "jenkins": ["dockgate-checkstyle.xml", "dockgate-junit.xml"],
}


@pytest.mark.parametrize("kind", REPORTS)
@pytest.mark.parametrize(("case", "failing"), [("accepted", ""), ("refused-by-lint", "lint"),
                                               ("refused-by-scan", "build")])  # fmt: skip
def test_the_jobs_do_what_they_say(
    kind: str, case: str, failing: str, tmp_path: Path, engine: Engine
) -> None:
    """Each command of the file runs in a shell, as the CI system runs it, on a real engine."""
    folder = tmp_path / "workspace"
    shutil.copytree(BUILDS / case, folder)
    # The base has no digest: it is made anew by every test engine.
    (folder / ".dockgate.yaml").write_text("fail_on: error\n")
    commands = steps(kind, folder)
    assert commands.keys() == {"lint", "build"}
    shim = tmp_path / "dockgate/bin/dockgate"
    shim.parent.mkdir(parents=True)
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dockgate "$@"\n')
    shim.chmod(0o755)
    image = f"{engine.registry}/init/{kind}-{case}:1"
    env = {
        **engine.env,
        "PATH": f"{shim.parent}:{engine.env['PATH']}",
        "WORKSPACE_TMP": str(tmp_path),
        "IMAGE": image.rpartition(":")[0] if kind == "github" else image,
        "GITHUB_SHA": "1",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    failed = ""
    for job in ("lint", "build"):
        for command in commands[job]:
            script = command.replace("/tmp/report.json", str(tmp_path / "report.json"))
            done = subprocess.run(
                ["sh", "-ec", script], cwd=folder, env=env, capture_output=True, check=False
            )
            assert done.returncode in (0, 1), done.stderr
            if done.returncode == 1:
                failed = job
                break
        if failed:
            break
        if job == "lint":
            for report in REPORTS[kind]:
                assert (folder / report).stat().st_size
                (folder / report).unlink()
    assert failed == failing
    assert any(name == image for name, _ in engine.images()) == (not failed and kind != "gitlab")
    pushed = engine.manifest_digest(f"init/{kind}-{case}", "1")
    assert (pushed is not None) == (not failed and kind == "gitlab")
    if kind != "github" and failing != "lint":
        verdict = next(p for p in tmp_path.iterdir() if p.suffix in (".json", ".xml"))
        assert verdict.stat().st_size
