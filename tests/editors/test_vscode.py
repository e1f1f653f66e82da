"""The extension for Visual Studio Code: packaged, and run outside the editor.

The module `vscode` exists only inside the editor; tests/editors/vscode/vscode.js stands in for it.
All else is real: the package, the language client in it, and the server that it starts.
"""

import json
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dockgate import __version__
from dockgate.linter import profiles
from dockgate.linter.language.settings import DEFAULT_DEBOUNCE, MAX_DEBOUNCE, Settings
from tests.editors import FIXED, PATH, RECIPES, TITLE, dockerfile, findings
from tests.editors.recipes import blocks
from tests.tools import npm

SOURCE = RECIPES / "vscode"
RUN = Path(__file__).parent / "vscode/run.js"
SEVERITIES = {"error": 0, "warning": 1, "info": 2, "style": 3}


@pytest.fixture(scope="session")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the editor makes of the package."""
    folder = tmp_path_factory.mktemp("vscode")
    staged = folder / "staged"
    unwanted = shutil.ignore_patterns("node_modules", "dist", "*.vsix")
    shutil.copytree(SOURCE, staged, ignore=unwanted)
    (staged / "node_modules").symlink_to(npm.project(SOURCE))
    (command,) = re.findall(r"npx @vscode/vsce (.*)", blocks("Visual Studio Code")[0])
    vsce = npm.package("@vscode/vsce") / "vsce"
    done = npm.node([vsce, *command.split()], cwd=staged, env={**os.environ, "PATH": npm.path()})
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(staged / f"dockgate-{__version__}.vsix") as package:
        package.extractall(folder / "package")
    return folder / "package/extension"


def run(extension: Path, file: Path, **settings: Any) -> Any:
    """What the editor has of a file once the extension runs, with these settings."""
    values = [f"dockgate.{name}={json.dumps(value)}" for name, value in settings.items()]
    done = npm.node(
        [RUN, extension, file, TITLE, *values], env={**os.environ, "PATH": PATH}, seconds=60
    )
    answer = json.loads(done.stdout)
    assert "failure" not in answer, answer["failure"] + done.stderr
    return answer


def test_the_package_holds_the_extension_and_no_more(extension: Path) -> None:
    files = {str(file.relative_to(extension)) for file in extension.rglob("*") if file.is_file()}
    assert files == {"package.json", "readme.md", "LICENSE.txt", "dist/extension.js"}


def test_it_starts_the_server_and_fixes(extension: Path, tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    answer = run(extension, file)
    names = ("line", "character", "severity", "rule", "message", "url")
    assert [tuple(row[name] for name in names) for row in answer["shown"]] == [
        (
            row["range"]["start"]["line"],
            row["range"]["start"]["character"],
            SEVERITIES[row["severity"]],
            *(row[name] for name in names[3:]),
        )
        for row in findings(file)
    ]
    assert {row["source"] for row in answer["shown"]} == {"dockgate"}
    assert answer["fixed"] == FIXED
    assert "source.fixAll.dockgate" in answer["kinds"]


def test_the_settings_reach_the_server(extension: Path, tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    answer = run(extension, file, ignore=["missing-healthcheck", "DL3004"], profile="strict")
    severities = {row["rule"]: row["severity"] for row in answer["shown"]}
    expected = {row["rule"] for row in findings(file)} - {"missing-healthcheck", "sudo"}
    assert severities.keys() == expected
    # What is information elsewhere is a warning in the strict profile.
    assert severities["legacy-key-value"] == SEVERITIES["warning"]


def test_a_program_that_is_not_there_is_told(extension: Path, tmp_path: Path) -> None:
    answer = run(extension, dockerfile(tmp_path), path="no-such-dockgate")
    assert any("dockgate.path" in message for message in answer["messages"])


def test_the_settings_are_those_of_the_server() -> None:
    manifest = json.loads((SOURCE / "package.json").read_text())
    assert manifest["version"] == __version__
    properties = manifest["contributes"]["configuration"]["properties"]
    declared = {name.removeprefix("dockgate."): found for name, found in properties.items()}
    # A workspace must not choose what is run.
    machine = {name for name, found in declared.items() if found.get("scope") == "machine"}
    assert machine == {"path", "args"}
    assert set(declared) - machine == {name for name in Settings.__slots__ if name[0] != "_"} - {
        "problems"
    }
    settings = Settings()
    for name in set(declared) - machine:
        default = getattr(settings, name)
        assert declared[name]["default"] == (
            list(default) if isinstance(default, tuple) else default
        )
    assert declared["profile"]["enum"] == ["", *profiles.NAMES]
    assert declared["debounce"]["default"] == DEFAULT_DEBOUNCE
    assert declared["debounce"]["maximum"] == MAX_DEBOUNCE


def test_the_lock_names_no_registry() -> None:
    assert "http" not in (SOURCE / "package-lock.json").read_text()
