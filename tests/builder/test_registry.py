"""Pushing: against a real registry, and against answers that no honest registry gives."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dockgate.builder import publish
from dockgate.builder.credentials import Credentials
from dockgate.builder.manifest import Descriptor
from dockgate.builder.reference import parse_tag
from dockgate.builder.registry import Registry
from dockgate.builder.registry_transport import ANSWER_LIMIT, RegistryError, is_loopback
from dockgate.builder.transfer import Layout
from dockgate.linter.errors import UnfinishedError
from tests.engine.client import Engine

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def write_layout(folder: Path, *, content: bytes = b"layer", manifest: bytes | None = None) -> str:
    """A small layout; gives the digest of its top manifest."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(data: bytes, kind: str) -> dict[str, Any]:
        (blobs / digest_of(data).partition(":")[2]).write_bytes(data)
        return {"mediaType": kind, "digest": digest_of(data), "size": len(data)}

    if manifest is None:
        config = put(b'{"rootfs":{"type":"layers","diff_ids":[]}}', CONFIG)
        layers = [put(content, LAYER)]
        manifest = json.dumps(
            {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}
        ).encode()
    top = put(manifest, MANIFEST)
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [top]}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    return str(top["digest"])


# A server whose answers a test decides

Reply = tuple[int, dict[str, str], bytes]
Seen = list[tuple[str, str, dict[str, str]]]


@contextmanager
def server(answer: Callable[[str, str, dict[str, str]], Reply]) -> Iterator[tuple[str, Seen]]:
    seen: Seen = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(size)
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen.append((self.command, self.path, headers))
            status, extra, body = answer(self.command, self.path, headers)
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

        do_GET = do_HEAD = do_POST = do_PUT = reply  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{httpd.server_port}", seen
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


def test_a_real_push_names_the_digest_last(engine: Engine, tmp_path: Path) -> None:
    digest = write_layout(tmp_path / "layout", content=os.urandom(3 << 20))
    names = [parse_tag(f"{engine.registry}/registry-test/a:{tag}") for tag in ("1", "2")]
    names.append(parse_tag(f"{engine.registry}/registry-test/b"))
    publish.push(Layout(tmp_path / "layout"), names, frozenset(), [])
    assert engine.registry_tags("registry-test/a") == {"1", "2"}
    assert engine.manifest_digest("registry-test/a", "2") == digest
    assert engine.manifest_digest("registry-test/b", "latest") == digest


def test_a_broken_blob_leaves_no_tag(engine: Engine, tmp_path: Path) -> None:
    write_layout(tmp_path / "layout", content=b"as judged")
    layout = Layout(tmp_path / "layout")
    layer = next(blob for blob in layout.closure() if blob.media_type == LAYER)
    layout.path(layer).write_bytes(b"exchanged")
    name, done = parse_tag(f"{engine.registry}/registry-test/broken:1"), list[str]()
    with pytest.raises(RegistryError):
        publish.push(layout, [name], frozenset(), done)
    assert done == []
    assert engine.registry_tags("registry-test/broken") == set()


def test_no_registry_there() -> None:
    with server(lambda *_: (200, {}, b"")) as (host, _):
        pass
    with Registry(host) as registry, pytest.raises(RegistryError) as caught:
        registry.digest("a", "latest")
    assert host in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_endless_answer_is_cut() -> None:
    with (
        server(lambda *_: (404, {}, b"x" * (ANSWER_LIMIT + 1))) as (host, _),
        Registry(host) as registry,
        pytest.raises(RegistryError, match="more than"),
    ):
        registry.put_manifest("a", b"{}", MANIFEST, "1")


def test_an_error_is_one_line() -> None:
    body = json.dumps({"errors": [{"code": "DENIED", "message": "no\nway \x1b[31m" * 99}]}).encode()

    def answer(_method: str, path: str, _headers: dict[str, str]) -> Reply:
        return (200, {}, b"{}") if path == "/v2/" else (403, {}, body)

    with (
        server(answer) as (host, _),
        Registry(host) as registry,
        pytest.raises(RegistryError) as caught,
    ):
        registry.put_manifest("a", b"{}", MANIFEST, "1")
    assert "docker login" in str(caught.value)
    assert "DENIED" in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


def test_a_redirect_gets_no_credentials_and_is_not_followed() -> None:
    with server(lambda *_: (200, {}, b"")) as (elsewhere, stolen):

        def answer(method: str, path: str, headers: dict[str, str]) -> Reply:
            if path == "/v2/":
                return 200, {}, b"{}"
            if "authorization" not in headers:
                return 401, {"WWW-Authenticate": 'Basic realm="x"'}, b""
            return 307, {"Location": f"http://{elsewhere}{path}"}, b""

        with server(answer) as (host, seen):
            login = Credentials("user", "secret")
            with Registry(host, credentials=login) as registry, pytest.raises(RegistryError):
                registry.put_manifest("a", b"{}", MANIFEST, "1")
        assert seen[-1][2]["authorization"] == "Basic " + base64.b64encode(b"user:secret").decode()
        assert stolen == []


def test_an_upload_elsewhere_over_http_is_refused() -> None:
    with server(lambda *_: (201, {}, b"")) as (elsewhere, stolen):

        def answer(method: str, path: str, _headers: dict[str, str]) -> Reply:
            if method == "POST":
                return 202, {"Location": f"http://{elsewhere}/take"}, b""
            return 200, {}, b"{}"

        blob = Descriptor(LAYER, digest_of(b"x"), 1, {}, "", False)
        with (
            server(answer) as (host, _),
            Registry(host) as registry,
            pytest.raises(RegistryError, match="elsewhere"),
        ):
            registry.put_blob("a", blob, lambda: iter((b"x",)))
        assert stolen == []


def test_a_realm_elsewhere_gets_no_password() -> None:
    with server(lambda *_: (200, {}, b'{"token":"t"}')) as (elsewhere, stolen):

        def answer(_method: str, path: str, _headers: dict[str, str]) -> Reply:
            challenge = f'Bearer realm="http://{elsewhere}/token",service="s"'
            return (200, {}, b"") if path == "/v2/" else (401, {"WWW-Authenticate": challenge}, b"")

        with server(answer) as (host, _):
            login = Credentials("user", "secret")
            with Registry(host, credentials=login) as registry, pytest.raises(RegistryError):
                registry.digest("a", "1")
        assert stolen == []


@pytest.mark.parametrize(
    ("login", "sent"),
    [
        (Credentials("user", "secret"), "Basic " + base64.b64encode(b"user:secret").decode()),
        (Credentials("", "", "refresh"), None),
        (None, None),
    ],
)
def test_bearer_tokens(login: Credentials | None, sent: str | None) -> None:
    address: list[str] = []

    def answer(method: str, path: str, headers: dict[str, str]) -> Reply:
        if path.startswith("/token"):
            return 200, {}, b'{"access_token":"abc","expires_in":300}'
        if headers.get("authorization") == "Bearer abc" or path == "/v2/":
            return 200, {}, b"x"
        challenge = f'Bearer realm="http://{address[0]}/token",service="reg"'
        return 401, {"WWW-Authenticate": challenge}, b""

    with server(answer) as (host, seen):
        address.append(host)
        with Registry(host, credentials=login) as registry:
            assert registry.digest("a/b", "1") == digest_of(b"x")
            assert registry.digest("a/b", "2") == digest_of(b"x")
    asked = [request for request in seen if request[1].startswith("/token")]
    assert len(asked) == 1
    method, path, headers = asked[0]
    assert headers.get("authorization") == sent
    assert method == ("POST" if login is not None and login.token else "GET")
    if method == "GET":
        assert "scope=repository%3Aa%2Fb%3Apull%2Cpush" in path


def test_a_digest_that_moves_is_noticed(tmp_path: Path) -> None:
    write_layout(tmp_path / "layout")
    layout = Layout(tmp_path / "layout")

    def answer(method: str, path: str, _headers: dict[str, str]) -> Reply:
        if method == "GET" and "/manifests/" in path:
            by_digest = (
                "sha256" in path
            )  # the tag gives other bytes, with the digest that is wanted
            held = layout.manifest(layout.top) if by_digest else b"another"
            return 200, {"Docker-Content-Digest": layout.top.digest}, held
        return (201 if method == "PUT" else 200), {}, b""

    with server(answer) as (host, _), pytest.raises(RegistryError, match="not the judged"):
        publish.push(layout, [parse_tag(f"{host}/a:1")], frozenset(), [])


@pytest.mark.parametrize("place", ["http://[", "//[::1", "https://[v1.x]/", "", "javascript:x"])
def test_addresses_that_are_none(place: str) -> None:
    def answer(method: str, path: str, _headers: dict[str, str]) -> Reply:
        if path == "/v2/":
            return 200, {}, b""
        if method == "POST":
            return 202, {"Location": place}, b""
        return 401, {"WWW-Authenticate": f'Bearer realm="{place}",service="s"'}, b""

    blob = Descriptor(LAYER, digest_of(b"x"), 1, {}, "", False)
    with server(answer) as (host, _), Registry(host) as registry:
        with pytest.raises(RegistryError):
            registry.put_blob("a", blob, lambda: iter((b"x",)))
        with pytest.raises(RegistryError):
            registry.digest("a", "1")


@pytest.mark.parametrize("seconds", ["9" * 400, "1e999", "-1", "true", '"x"'])
def test_a_token_with_an_odd_life(seconds: str) -> None:
    address: list[str] = []

    def answer(_method: str, path: str, headers: dict[str, str]) -> Reply:
        if path.startswith("/token"):
            return 200, {}, f'{{"token":"abc","expires_in":{seconds}}}'.encode()
        if headers.get("authorization") == "Bearer abc" or path == "/v2/":
            return 200, {}, b"x"
        return 401, {"WWW-Authenticate": f'Bearer realm="http://{address[0]}/token"'}, b""

    with server(answer) as (host, _), Registry(host) as registry:
        address.append(host)
        assert registry.digest("a", "1") == digest_of(b"x")


def test_a_registry_that_drips_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(4096)
                for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 500:
                    connection.sendall(bytes((byte,)))
                    time.sleep(0.02)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        with Registry(host, seconds=0.3) as registry:
            registry._transport._base = f"http://{host}"
            with pytest.raises(UnfinishedError, match="did not end within"):
                registry.digest("a", "1")
        thread.join()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1:5000", True),
        ("127.9.9.9", True),
        ("localhost:1", True),
        ("[::1]:5000", True),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("registry.example.com", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
