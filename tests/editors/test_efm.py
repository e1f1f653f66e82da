"""efm-langserver reads what dockgate prints: by the recipe, and as the lines of hadolint."""

from pathlib import Path
from typing import Any

from tests.editors import PATH, RECIPES, dockerfile, findings
from tests.editors.client import started
from tests.editors.recipes import blocks
from tests.tools import debian

SEVERITIES = {"error": 1, "warning": 2, "info": 3, "style": 4}


def diagnostics(file: Path, configuration: Path) -> list[dict[str, Any]]:
    efm = debian.program("efm-langserver", "usr/bin/efm-langserver")
    command = [*efm.command, "-q", "-c", str(configuration)]
    with started(command, file.parent, {**efm.environment, "PATH": PATH}) as client:
        return client.diagnostics(client.open(file))


def test_the_recipe_gives_place_severity_rule_and_message(tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    expected = findings(file)
    assert {found["severity"] for found in expected} == set(SEVERITIES)
    assert [
        (shown["range"]["start"], shown["severity"], shown["message"])
        for shown in diagnostics(file, RECIPES / "efm/config.yaml")
    ] == [
        (
            {"line": found["line"] - 1, "character": found["column"] - 1},
            SEVERITIES[found["severity"]],
            f"{found['rule']} {found['message']}",
        )
        for found in expected
    ]


def test_a_configuration_for_hadolint_reads_hadolint_text(tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    configuration = tmp_path / "efm.yaml"
    configuration.write_text(blocks("efm-langserver")[1])
    shown = {
        (found["range"]["start"]["line"], found["message"])
        for found in diagnostics(file, configuration)
    }
    assert (0, "DL3006 error: base image debian has no tag, which means latest") in shown
    assert len(shown) == len({(found["line"], found["message"]) for found in findings(file)})
