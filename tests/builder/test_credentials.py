"""Logins as docker leaves them: in its configuration, and with credential helpers."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from dockgate.builder import credentials
from dockgate.builder.credentials import Credentials
from dockgate.linter.errors import UsageError


@pytest.fixture
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path / "config.json"


def auth(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def test_stored_logins(docker_config: Path) -> None:
    docker_config.write_text(json.dumps({"auths": {
        "r.example.com": {"auth": auth("me", "pa:ss")},
        "https://index.docker.io/v1/": {"auth": auth("hub", "x")},
        "t.example.com": {"auth": auth("<token>", ""), "identitytoken": "tok"},
        "http://old.example.com:5000/v1/": {"auth": auth("old", "y")},
        "empty.example.com": {},
    }}))  # fmt: skip
    assert credentials.find("r.example.com") == Credentials("me", "pa:ss")
    assert credentials.find("docker.io") == Credentials("hub", "x")
    assert credentials.find("t.example.com") == Credentials("<token>", "", "tok")
    assert credentials.find("old.example.com:5000") == Credentials("old", "y")
    assert credentials.find("empty.example.com") is None
    assert credentials.find("other.example.com") is None
    assert "pa:ss" not in repr(credentials.find("r.example.com"))


def test_no_configuration_is_no_login(docker_config: Path) -> None:
    assert credentials.find("r.example.com") is None


def test_credential_helpers(docker_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = docker_config.parent / "docker-credential-made"
    helper.write_text(
        '#!/bin/sh\nread -r host || :\ncase "$host" in\n'
        '  r.example.com) echo \'{"Username":"u","Secret":"s"}\' ;;\n'
        '  t.example.com) echo \'{"Username":"<token>","Secret":"s"}\' ;;\n'
        "  broken.example.com) echo nonsense ;;\n"
        '  *) echo "credentials not found in native keychain"; exit 1 ;;\nesac\n'
    )
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker_config.parent}:{os.environ['PATH']}")
    docker_config.write_text(
        json.dumps({"credsStore": "made", "auths": {"o.example.com": {"auth": auth("o", "o")}}})
    )
    assert credentials.find("r.example.com") == Credentials("u", "s")
    assert credentials.find("t.example.com") == Credentials("", "", "s")
    assert credentials.find("o.example.com") == Credentials("o", "o")
    with pytest.raises(UsageError):
        credentials.find("broken.example.com")


@pytest.mark.parametrize(
    "config",
    ["[", "[]", '{"credsStore":"../evil"}', '{"credsStore":"not-there"}',
     '{"auths":{"r.example.com":{"auth":"%%%"}}}'],
)  # fmt: skip
def test_a_broken_configuration_is_one_line(docker_config: Path, config: str) -> None:
    docker_config.write_text(config)
    with pytest.raises(UsageError) as caught:
        credentials.find("r.example.com")
    assert "\n" not in str(caught.value)
