"""A registry over TLS whose certificate an authority of our own has signed."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builder.images import write_layout
from tests.engine.client import Engine
from tests.engine.packages import binary
from tests.engine.paths import default_paths
from tests.tools import missing

NAME = "registry.test"  # not this machine by its name, so that certificates count
READY_SECONDS = 15.0


@pytest.fixture
def registry(engine: Engine, tmp_path: Path) -> Iterator[int]:
    """The port of a registry over TLS on loopback; it has the image app:1."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("openssl") is None:
        raise missing("names of hosts can be given by root alone, with unshare; and openssl signs")
    _certificates(tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    config = tmp_path / "registry.yml"
    tls = {"certificate": str(tmp_path / "own.crt"), "key": str(tmp_path / "own.key")}
    config.write_text(json.dumps({
        "version": "0.1",
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(tmp_path / "storage")}},
        "http": {"addr": f"127.0.0.1:{port}", "secret": "for this test", "tls": tls},
    }))  # fmt: skip
    program = binary(default_paths(), "docker-registry")
    with (tmp_path / "registry.log").open("wb") as log:
        process = subprocess.Popen([program, "serve", config], stdout=log, stderr=log)
    try:
        _upload(tmp_path, port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _certificates(folder: Path) -> None:
    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    new = ("-newkey", "rsa:2048", "-nodes")
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=made")
    openssl("req", *new, "-keyout", "own.key", "-out", "own.csr", "-subj", f"/CN={NAME}")
    (folder / "names").write_text(f"subjectAltName=DNS:{NAME}\n")
    openssl("x509", "-req", "-in", "own.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "own.crt", "-extfile", "names")  # fmt: skip


def _upload(folder: Path, port: int) -> None:
    layout = folder / "layout"
    write_layout(layout, [{"etc/passwd": "root:x:0:0::/:/bin/sh\n"}], {"User": "1"})

    def blob(digest: str) -> bytes:
        return (layout / "blobs" / digest.replace(":", "/")).read_bytes()

    described = json.loads((layout / "index.json").read_text())["manifests"][0]
    manifest = json.loads(blob(described["digest"]))
    for one in (manifest["config"], *manifest["layers"]):
        place = _asked(folder, port, "POST", "/v2/app/blobs/uploads/").headers["Location"]
        place = place[place.index("/v2/") :]
        joined = f"{place}{'&' if '?' in place else '?'}digest={one['digest']}"
        put = _asked(folder, port, "PUT", joined, "application/octet-stream", blob(one["digest"]))
        assert put.status == 201
    kind, body = described["mediaType"], blob(described["digest"])
    assert _asked(folder, port, "PUT", "/v2/app/manifests/1", kind, body).status == 201


def _asked(
    folder: Path,
    port: int,
    method: str,
    path: str,
    kind: str = "",
    body: bytes | None = None,
) -> http.client.HTTPResponse:
    context = ssl.create_default_context(cafile=folder / "ca.crt")
    context.check_hostname = False
    limit = time.monotonic() + READY_SECONDS
    while True:
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
        try:
            connection.request(method, path, body, {"Content-Type": kind} if kind else {})
            answer = connection.getresponse()
            answer.read()
            return answer
        except ConnectionRefusedError:
            assert time.monotonic() < limit, "the registry did not start"
            time.sleep(0.05)
        finally:
            connection.close()


def scan(folder: Path, port: int, before: str = "", **env: str) -> tuple[int, str]:
    """Scan the image where its registry's name leads to this machine, in an /etc of its own.

    `before`: what a shell does first.
    """
    (folder / "hosts").write_text(f"127.0.0.1 localhost {NAME}\n")
    script = f'mount -t tmpfs none /etc\ncp "{folder}/hosts" /etc/\n{before}\nexec "$@"'
    command = [
        "unshare", "--mount", "--propagation", "private", "sh", "-ec", script, "sh",
        sys.executable, "-m", "dockgate", "scan", "--vulnerabilities", "off",
        f"{NAME}:{port}/app:1",
    ]  # fmt: skip
    usual = {key: value for key, value in os.environ.items() if not key.startswith("SSL_CERT_")}
    own = {"XDG_CACHE_HOME": str(folder / "cache"), "DOCKER_HOST": f"unix://{folder}/none", **env}
    done = subprocess.run(
        command, env={**usual, **own}, capture_output=True, text=True, timeout=60, check=False
    )
    if "mount:" in done.stderr:
        raise missing(f"nothing can be mounted here: {done.stderr.strip()}")
    return done.returncode, done.stdout + done.stderr


def test_an_unknown_authority_is_not_trusted(registry: int, tmp_path: Path) -> None:
    code, said = scan(tmp_path, registry)
    assert code == 3
    assert (
        f"put what signs its certificate into /etc/docker/certs.d/{NAME}:{registry}/ca.crt" in said
    )


def test_dockers_folder_of_certificates_counts(registry: int, tmp_path: Path) -> None:
    folder = f"/etc/docker/certs.d/{NAME}:{registry}"
    code, said = scan(tmp_path, registry, f'mkdir -p {folder}\ncp "{tmp_path}/ca.crt" {folder}/')
    assert (code, "accepted sha256:" in said) == (0, True), said


def test_the_usual_variable_counts(registry: int, tmp_path: Path) -> None:
    code, said = scan(tmp_path, registry, SSL_CERT_FILE=str(tmp_path / "ca.crt"))
    assert (code, "accepted sha256:" in said) == (0, True), said


def test_a_variable_that_names_no_file(registry: int, tmp_path: Path) -> None:
    code, said = scan(tmp_path, registry, SSL_CERT_FILE=str(tmp_path / "none"))
    assert code == 3
    assert "certificates cannot be read: " in said
    assert "look at SSL_CERT_FILE" in said
