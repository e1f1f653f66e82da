"""The server in a workspace: its configuration, its settings, and what may be wrong there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dockgate.linter import shellcheck
from tests.linter.language.client import CAPABILITIES, Client
from tests.linter.language.speaking import TEXT, actions, ask, codes, opened


@pytest.mark.parametrize(
    "name", ["untitled:Untitled-1", "git:/a/Dockerfile?%7B%7D", "file:///no%20such/%C3%A9%23", "x"]
)
def test_documents_that_are_no_files(client: Client, name: str) -> None:
    assert "root-user" in codes(opened(client, name, TEXT))
    assert ask(client, "hover", name, 2, 6)
    client.notify("textDocument/didClose", {"textDocument": {"uri": name}})
    assert client.diagnostics(name, None) == []
    assert ask(client, "hover", name, 2, 6) is None


def test_the_nearest_configuration_holds(fresh: Client, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    below = tmp_path / "a b"
    below.mkdir()
    (below / ".dockgate.yaml").write_text("rules: {root-user: off}\n")
    fresh.start(tmp_path)
    for folder, expected in ((tmp_path, True), (below, False)):
        found = opened(fresh, (folder / "Dockerfile").as_uri(), TEXT)
        assert ("root-user" in codes(found)) is expected
    # An unsaved document is one of the workspace's folder.
    (tmp_path / ".dockgate.yaml").write_text("rules: {root-user: off}\n")
    assert "root-user" not in codes(opened(fresh, "untitled:1", TEXT))


def test_a_changed_configuration_lints_anew(fresh: Client, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    config, uri = tmp_path / ".dockgate.yaml", (tmp_path / "Dockerfile").as_uri()
    fresh.start(tmp_path)
    assert "root-user" in codes(opened(fresh, uri, TEXT))
    assert [r["method"] for r in fresh.requests] == ["client/registerCapability"]
    watched = fresh.requests[0]["params"]["registrations"][0]["registerOptions"]["watchers"]
    assert {"globPattern": "**/.dockgate.{yaml,yml}"} in watched
    config.write_text("rules: {root-user: off}\n")
    change = {"changes": [{"uri": config.as_uri(), "type": 1}]}
    fresh.notify("workspace/didChangeWatchedFiles", change)
    assert "root-user" not in codes(fresh.diagnostics(uri))
    config.unlink()
    fresh.notify("textDocument/didSave", {"textDocument": {"uri": uri}})  # watches nothing
    assert "root-user" in codes(fresh.diagnostics(uri))


def test_a_broken_configuration_is_shown_once(fresh: Client, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".dockgate.yaml").write_text("rules: {rot-user: off}\n")
    uri = (tmp_path / "Dockerfile").as_uri()
    fresh.start(tmp_path)
    assert "root-user" in codes(opened(fresh, uri, TEXT))
    for _ in range(3):
        at = {"line": 0, "character": 0}
        change = {"range": {"start": at, "end": at}, "text": "#\n"}
        fresh.diagnostics(uri, fresh.change(uri, change))
    shown = [m for m in fresh.notifications if m["method"] == "window/showMessage"]
    assert len(shown) == 1
    assert shown[0]["params"]["type"] == 1
    assert "did you mean 'root-user'?" in shown[0]["params"]["message"]


def test_settings_from_the_editor(fresh: Client, uri: str) -> None:
    fresh.settings = {"ignore": ["DL3002"], "debounce": 0}
    asked = {"configuration": True}
    workspace = {**CAPABILITIES["workspace"], **asked}
    fresh.start(options={}, capabilities={**CAPABILITIES, "workspace": workspace})
    fresh.request("textDocument/hover", {
        "textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}
    })  # fmt: skip
    assert "root-user" not in codes(opened(fresh, uri, TEXT))
    fresh.settings = {"ignore": [], "select": ["root-user"]}
    fresh.notify("workspace/didChangeConfiguration", {"settings": None})
    assert codes(fresh.diagnostics(uri)) == {"root-user"}
    changed = {"settings": {"dockgate": {"select": ["missing-healthcheck"]}}}
    fresh.notify("workspace/didChangeConfiguration", changed)
    assert codes(fresh.diagnostics(uri)) == {"missing-healthcheck"}


def test_shellcheck_by_setting(fresh: Client, uri: str) -> None:
    if not shellcheck.installed():
        pytest.skip("ShellCheck is not installed")
    fresh.start(options={"shellcheck": True, "debounce": 0})
    text = "FROM debian:12\nRUN cd $1; echo $UNQUOTED\n"
    found = [f for f in opened(fresh, uri, text) if f["code"] == "shellcheck"]
    assert found


def test_hostile_documents(client: Client, uri: str) -> None:
    lines = 40_000
    for number, text in enumerate(
        [
            "FROM a\nRUN " + "(" * 50_000,
            "FROM a\n" + "RUN x && \\\n" * lines,
            "ONBUILD " * 20_000,
            "${" * 20_000 + "\nFROM ${" + "A:-${" * 5_000,
            "\ud800FROM a\nUSER root\n",
            "FROM a\nENV " + "A=$A$A " * 10_000,
            "\r" * lines + "\u2028\x0b\x1c",
            "<<" * 30_000,
        ]
    ):
        name = f"{uri}.{number}"
        client.open(name, text)
        client.diagnostics(name)
        for method in ("hover", "definition", "completion"):
            ask(client, method, name, 1, 5)
        client.request("textDocument/documentSymbol", {"textDocument": {"uri": name}})
        assert actions(client, name, 1) is not None
        client.notify("textDocument/didClose", {"textDocument": {"uri": name}})
    assert "root-user" in codes(opened(client, uri, TEXT))


def test_messages_that_are_none(client: Client, uri: str) -> None:
    at = {"line": 9**9, "character": 9**9}
    client.notify("textDocument/didChange", {"textDocument": 1})
    client.notify("textDocument/didChange", {
        "textDocument": {"uri": uri + "x", "version": 1}, "contentChanges": [{"text": ""}]
    })  # fmt: skip
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri + "x"}})
    client.notify("$/unknown", {})
    assert ask(client, "hover", uri + "x", 0, 0) is None
    opened(client, uri, TEXT)
    version = client.change(uri, {"range": {"start": at, "end": at}, "text": "USER 1\n"})
    assert "root-user" not in codes(client.diagnostics(uri, version))  # added at the end
    assert ask(client, "hover", uri, 9**9, 9**9) is None
    logged = [m["params"] for m in client.notifications if m["method"] == "window/logMessage"]
    assert all("Traceback" not in json.dumps(one) for one in logged)


def test_nothing_of_the_workspace_is_run_or_imported(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".dockgate.yaml").write_text("rules: {root-user: warning}\n")
    for name in ("yaml", "pydantic", "detect_secrets", "re2", "json", "attrs", "tree_sitter"):
        (tmp_path / f"{name}.py").write_text("open('ran', 'w'); raise SystemExit\n")
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM a\nRUN touch ran\n")
    script = "from dockgate.__main__ import main; main(['lsp'])"
    command = [sys.executable, "-c", "import dockgate.__main__; " + script]
    with Client(tmp_path, *command, env={"PYTHONSAFEPATH": "1"}) as client:
        client.start(tmp_path)
        found = opened(client, dockerfile.as_uri(), TEXT + "RUN touch ran\n")
        severities = {f["code"]: f["severity"] for f in found}
        assert severities["root-user"] == 2
    assert not (tmp_path / "ran").exists()


def test_modules_of_the_workspace_hide_nothing(tmp_path: Path) -> None:
    """`python -m dockgate lsp` has the workspace in its path until the server starts."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".dockgate.yaml").write_text("rules: {root-user: warning}\n")
    for name in ("yaml", "pydantic", "detect_secrets", "re2"):
        (tmp_path / f"{name}.py").write_text("open('ran', 'w'); raise SystemExit\n")
    with Client(tmp_path, sys.executable, "-m", "dockgate", "lsp") as client:
        client.start(tmp_path)
        found = opened(client, (tmp_path / "Dockerfile").as_uri(), TEXT)
        assert {f["severity"] for f in found if f["code"] == "root-user"} == {2}
    assert not (tmp_path / "ran").exists()


def test_lint_imports_nothing_of_it() -> None:
    probe = (
        "import sys; from dockgate.__main__ import main\n"
        "sys.stdin.close(); code = main(['lint', '--exit-zero', sys.argv[1]])\n"
        "found = [n for n in sys.modules if n.startswith(('pygls', 'lsprotocol', 'asyncio',"
        " 'dockgate.linter.l'))]\n"
        "print('FOUND', found)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, os.devnull], capture_output=True, text=True, check=True
    )
    assert "FOUND []" in done.stdout
