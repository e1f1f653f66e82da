"""The documentation shows the files of editors/, and what they start answers as a server."""

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.editors import PATH, RECIPES, ROOT, dockerfile, findings
from tests.editors.client import started
from tests.editors.recipes import page


def test_the_files_are_shown_as_they_are() -> None:
    shown = re.findall(r"(?ms)^[^\n]*`editors/([\w/-]+\.\w+)`[^`]*^```\w+\n(.*?)^```$", page())
    assert {name for name, _ in shown} == {
        "efm/config.yaml", "helix/languages.toml", "zed/settings.json",
    }  # fmt: skip
    for name, text in shown:
        assert text == (RECIPES / name).read_text(), name


def test_what_the_page_links_to_is_there() -> None:
    anchors = {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
        for heading in re.findall(r"(?m)^## (.*)$", page())
    }
    for target in re.findall(r"\]\(([^)]+)\)", page()):
        assert target.removeprefix("#") in anchors or (ROOT / "docs" / target).exists(), target


def helix() -> tuple[list[str], Any]:
    configuration = tomllib.loads((RECIPES / "helix/languages.toml").read_text())
    (language,) = configuration["language"]
    assert language["name"] == "dockerfile"
    server = configuration["language-server"][language["language-servers"][0]]
    return [server["command"], *server["args"]], server.get("config")


def zed() -> tuple[list[str], Any]:
    settings = json.loads((RECIPES / "zed/settings.json").read_text())
    first = settings["languages"]["Dockerfile"]["language_servers"][0]
    server = settings["lsp"][first]
    binary = server["binary"]
    return [binary["path"], *binary["arguments"]], server["initialization_options"]


@pytest.mark.parametrize("editor", [helix, zed])
def test_the_command_answers_as_a_server(editor: Any, tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    command, options = editor()
    environment = {**os.environ, "PATH": PATH}
    with started(command, tmp_path, environment, initializationOptions=options) as client:
        shown = client.diagnostics(client.open(file))
    assert [(row["range"], row["code"]) for row in shown] == [
        (row["range"], row["rule"]) for row in findings(file)
    ]
