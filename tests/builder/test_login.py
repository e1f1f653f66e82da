"""A registry that asks for a login: a real one, with the login where `docker login` leaves it."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builder.running import FIXTURES, Gate
from tests.engine.client import Engine
from tests.engine.packages import binary
from tests.engine.paths import default_paths

USER, PASSWORD = "gate", "open sesame"
#: bcrypt of the password, the only form that the registry reads.
HASHED = "$2b$04$q4J1SOjnD8r1jguIMfAzweiTI77MPwaFC7clIo8SnwaZ7rRUuNEn."
READY_SECONDS = 15.0


@pytest.fixture
def private(engine: Engine, tmp_path: Path) -> Iterator[str]:
    """The address of a registry that asks for user and password."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "htpasswd").write_text(f"{USER}:{HASHED}\n")
    config = tmp_path / "registry.yml"
    config.write_text(json.dumps({
        "version": "0.1",
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(tmp_path / "storage")}},
        "http": {"addr": f"127.0.0.1:{port}", "secret": "for this test"},
        "auth": {"htpasswd": {"realm": "made", "path": str(tmp_path / "htpasswd")}},
    }))  # fmt: skip
    program = binary(default_paths(), "docker-registry")
    with (tmp_path / "registry.log").open("wb") as log:
        process = subprocess.Popen([program, "serve", config], stdout=log, stderr=log)
    try:
        _wait(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    limit = time.monotonic() + READY_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=2).close()
        except urllib.error.HTTPError:  # it asks for the login
            return
        except OSError:
            assert time.monotonic() < limit, "the registry did not start"
            time.sleep(0.05)


@pytest.fixture
def gate(engine: Engine, tmp_path: Path) -> Gate:
    (tmp_path / "tmp").mkdir()
    shutil.copytree(engine.config, tmp_path / "docker", symlinks=True)
    (tmp_path / "docker" / "config.json").unlink(missing_ok=True)
    return Gate(engine, tmp_path / "tmp", {"DOCKER_CONFIG": str(tmp_path / "docker")})


def log_in(gate: Gate, host: str, password: str) -> None:
    pair = base64.b64encode(f"{USER}:{password}".encode()).decode()
    config = Path(gate.extra["DOCKER_CONFIG"]) / "config.json"
    config.write_text(json.dumps({"auths": {host: {"auth": pair}}}))


def test_the_stored_login_is_used(gate: Gate, private: str) -> None:
    log_in(gate, private, PASSWORD)
    names = [f"{private}/team/app:{tag}" for tag in ("1", "2")]
    words = [word for name in names for word in ("-t", name)]
    result = gate("build", "--format", "json", "--push", *words, "accepted")
    assert result.exit == 0, result.out
    for tag in ("1", "2"):
        url = f"http://{private}/v2/team/app/manifests/{tag}"
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        accept = "application/vnd.oci.image.manifest.v1+json"
        headers = {"Authorization": f"Basic {login}", "Accept": accept}
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            assert answer.headers["Docker-Content-Digest"] == result.json["digest"]


@pytest.mark.parametrize("password", [None, "wrong"])
def test_no_login_or_a_wrong_one(gate: Gate, private: str, password: str | None) -> None:
    if password is not None:
        log_in(gate, private, password)
    with gate.nothing_new():  # --load as well: the engine gets no name either
        result = gate("build", "--push", "--load", "-t", f"{private}/team/app:1", "accepted")
    assert result.exit == 3
    assert f"docker login {private}" in result.out
    assert "wrong" not in result.out + result.err


def test_a_login_that_cannot_be_read_is_told_before_the_build(gate: Gate, private: str) -> None:
    config = Path(gate.extra["DOCKER_CONFIG"]) / "config.json"
    config.write_text(json.dumps({"auths": {private: {"auth": "%%%"}}}))
    result = gate("build", "--push", "-t", f"{private}/team/app:1", FIXTURES / "accepted")
    assert result.exit == 2
    assert len(result.err.splitlines()) == 1
