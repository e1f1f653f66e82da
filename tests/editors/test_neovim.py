"""Neovim with the recipes of the documentation: the language server and linter plug-ins."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.editors import FIXED, RULE, SOURCE, TITLE, dockerfile, findings, neovim
from tests.editors.recipes import blocks

SEVERITIES = {"error": 1, "warning": 2, "info": 3, "style": 4}
CONTRACT = Path(neovim.__file__).parent / "contract"
NO_SERVER = "vim.g.loaded_dockgate = true\n"


def runtime(folder: Path) -> str:
    return f"vim.opt.runtimepath:append({json.dumps(str(folder))})\n"


def place(line: int, column: int) -> tuple[int, int]:
    """As Neovim counts: lines and bytes from 0."""
    return line - 1, len(SOURCE.splitlines()[line - 1][: column - 1].encode())


def expected(file: Path) -> list[tuple[Any, ...]]:
    return sorted(
        (
            *place(found["line"], found["column"]),
            *place(found["endLine"], found["endColumn"]),
            SEVERITIES[found["severity"]],
            found["rule"],
            found["message"],
        )
        for found in findings(file)
    )


def shown(diagnostics: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("lnum", "col", "end_lnum", "end_col", "severity", "code", "message")
    return sorted(tuple(found[name] for name in names) for found in diagnostics)


def test_the_server_gives_diagnostics_and_a_quick_fix(tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    before = expected(file)
    (setup,) = blocks("Neovim")
    found = neovim.run("lsp.lua", file, setup, RULE=RULE, TITLE=TITLE)
    assert found["clients"] == [{"name": "dockgate", "root": str(tmp_path)}]
    assert {row[4] for row in before} == set(SEVERITIES.values())
    assert shown(found["before"]) == before
    assert TITLE in found["titles"]
    assert file.read_text() == FIXED
    assert RULE not in {row["code"] for row in found["after"]}


def test_the_settings_reach_the_server(tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    setup = 'vim.g.dockgate = { ignore = { "missing-healthcheck" } }\n' + blocks("Neovim")[0]
    found = neovim.run("lsp.lua", file, setup, RULE=RULE, TITLE=TITLE)
    assert shown(found["before"]) == [
        row for row in expected(dockerfile(tmp_path / "again")) if row[5] != "missing-healthcheck"
    ]


def test_nvim_lint_runs_the_linter(tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    setup = NO_SERVER + runtime(CONTRACT) + blocks("Neovim")[0] + blocks("nvim-lint")[0]
    assert shown(neovim.run("lint.lua", file, setup, NAMESPACE="dockgate")) == expected(file)


def test_the_parser_of_nvim_lint_for_hadolint_reads_dockgate(tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    own, swapped = blocks("nvim-lint")
    setup = NO_SERVER + runtime(CONTRACT) + own.replace('"dockgate"', '"hadolint"') + swapped
    found = neovim.run("lint.lua", file, setup, NAMESPACE="hadolint")
    assert {row["source"] for row in found} == {"hadolint"}
    assert "DL3004" in {row["code"] for row in found}
    assert sorted((row["lnum"], row["severity"], row["message"]) for row in found) == sorted(
        (row[0], row[4], row[6]) for row in expected(file)
    )


def test_none_ls_runs_the_source(tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    setup = NO_SERVER + runtime(CONTRACT) + blocks("Neovim")[0] + blocks("none-ls")[0]
    assert shown(neovim.run("lint.lua", file, setup, NAMESPACE="dockgate")) == expected(file)


@pytest.mark.parametrize("heading", ["nvim-lint", "none-ls"])
def test_a_configuration_that_cannot_be_used_is_told(tmp_path: Path, heading: str) -> None:
    file = dockerfile(tmp_path)
    (tmp_path / ".dockgate.yaml").write_text("rules: 1\n")
    setup = NO_SERVER + runtime(CONTRACT) + blocks("Neovim")[0] + blocks(heading)[0]
    (found,) = neovim.run("lint.lua", file, setup, NAMESPACE="dockgate")
    assert (found["severity"], found["code"]) == (1, "undecided")
    assert "dockgate lint" in found["message"]


def test_ale_shows_the_servers_diagnostics_and_fixes(tmp_path: Path) -> None:
    file = dockerfile(tmp_path)
    ale = neovim.program().tree / "usr/share/vim-ale"
    setup = runtime(ale) + "vim.cmd([[\n" + blocks("ALE")[0] + "]])\n"
    found = neovim.run("ale.lua", file, setup)
    kinds = {"error": "E", "warning": "W", "info": "W", "style": "W"}
    assert {
        (row["linter_name"], row["lnum"], row["type"], row["code"]) for row in found["found"]
    } == {("dockgate", row["line"], kinds[row["severity"]], row["rule"]) for row in findings(file)}
    assert '"é😀 you"' in found["lines"][1]
