from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from dockgate.linter import config as configuration
from dockgate.linter.config import DEFAULT_CONFIG
from dockgate.linter.language.settings import DEFAULT_DEBOUNCE, Settings, path_of
from dockgate.rules.rule import Severity


@pytest.fixture(autouse=True)
def _forget() -> None:
    configuration.forget()


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///srv/app/Dockerfile", "/srv/app/Dockerfile"),
        ("file://localhost/srv/Dockerfile", "/srv/Dockerfile"),
        ("file:///a%20b/%C3%A9/x%23y.Dockerfile", "/a b/é/x#y.Dockerfile"),
        ("FILE:///a", "/a"),
        ("untitled:Untitled-1", "/w/Dockerfile"),
        ("vscode-vfs://github/a/Dockerfile", "/w/Dockerfile"),
        ("file://server/share/Dockerfile", "/w/Dockerfile"),
        ("file:///a%00b", "/w/Dockerfile"),
        ("http://[", "/w/Dockerfile"),
        ("", "/w/Dockerfile"),
    ],
)
def test_path_of_a_uri(uri: str, path: str) -> None:
    assert path_of(uri, "/w") == path


def test_bytes_that_are_no_utf8_in_a_path() -> None:
    assert os.fsencode(path_of("file:///a%FFb")) == b"/a\xffb"


@pytest.mark.parametrize("wrap", [lambda sent: sent, lambda sent: {"dockgate": sent}])
def test_settings_decide_the_configuration(tmp_path: Path, wrap: Any) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".dockgate.yaml").write_text("rules: {missing-user: error}\n")
    settings = Settings()
    settings.update(wrap({"ignore": ["DL3002"], "profile": "security", "debounce": 0}))
    config, problems = settings.config_for(str(tmp_path / "Dockerfile"))
    assert not problems
    assert settings.debounce == 0
    assert "root-user" in config.selection.ignored
    assert config.selection.severities["missing-user"] is Severity.ERROR
    assert config.selection.profile is not None


def test_what_is_not_sent_stays() -> None:
    settings = Settings()
    settings.update({"profile": "strict", "shellcheck": True})
    settings.update({"select": "root-user,DL3006", "other": 1})
    settings.update(None)
    settings.update(["x"])
    assert (settings.profile, settings.shellcheck) == ("strict", True)
    assert settings.select == ("root-user,DL3006",)
    assert not settings.problems


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (
            {"profile": "lax"},
            "setting dockgate.profile: 'lax' is none of default, strict, security",
        ),
        ({"profile": 1}, "setting dockgate.profile: use a string"),
        ({"select": [1]}, "setting dockgate.select: use a list of rules' names"),
        ({"ignore": ["rot-user"]}, "unknown rule 'rot-user': did you mean 'root-user'?"),
        ({"shellcheck": "yes"}, "setting dockgate.shellcheck: use true or false"),
        ({"debounce": -1}, "setting dockgate.debounce: not within 0 to 5000"),
        ({"config": "/nowhere/x.yaml"}, "/nowhere/x.yaml"),
    ],
)
def test_what_cannot_be_meant_is_told_and_left_out(
    tmp_path: Path, sent: dict[str, Any], problem: str
) -> None:
    (tmp_path / ".git").mkdir()
    settings = Settings()
    settings.update(sent)
    config, problems = settings.config_for(str(tmp_path / "Dockerfile"))
    assert len(problems) == 1
    assert problem in problems[0]
    assert config.selection.severities == DEFAULT_CONFIG.selection.severities
    assert settings.debounce == DEFAULT_DEBOUNCE


def test_a_fault_of_ours_leaves_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_path: str) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(configuration, "find", fails)
    config, problems = Settings().config_for("Dockerfile")
    assert config is DEFAULT_CONFIG
    assert problems == ("configuration: RecursionError: too deep",)


def test_a_broken_configuration_is_told_and_the_defaults_hold(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".dockgate.yaml").write_text("rules: {rot-user: off}\n")
    config, problems = Settings().config_for(str(tmp_path / "Dockerfile"))
    assert config is DEFAULT_CONFIG
    assert len(problems) == 1
    assert ".dockgate.yaml" in problems[0]
    assert "\n" not in problems[0]
