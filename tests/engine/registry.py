"""The registry: its configuration, and the few requests that the tests need."""

import hashlib
import http.client
import json
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from .errors import EngineError

_TIMEOUT = 30.0
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_MANIFESTS = (
    OCI_INDEX,
    OCI_MANIFEST,
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


def digest_of(content: bytes) -> str:
    """The content's digest as registries write it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def configuration(storage: Path, port: int) -> str:
    """The registry's configuration; JSON, which is YAML too, so that any path can be quoted."""
    return json.dumps({
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(storage)},
            "delete": {"enabled": True},
            "maintenance": {"uploadpurging": {"enabled": False}},
        },
        "http": {"addr": f"127.0.0.1:{port}"},
    }, indent=1)  # fmt: skip


def choose_port(remembered: Path) -> int:
    """The port of last time if it is free, otherwise a free one; remembered."""
    try:
        last = int(remembered.read_text())
    except (OSError, ValueError):
        last = 0
    for candidate in (last, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            port = int(probe.getsockname()[1])
        remembered.write_text(f"{port}\n")
        return port
    raise EngineError("no free port on 127.0.0.1 for the registry")


class Registry:
    """A registry at host:port, over plain HTTP."""

    def __init__(self, address: str) -> None:
        self.address = address

    def alive(self, timeout: float = 2.0) -> bool:
        """Whether it answers."""
        try:
            return self._request("GET", "/v2/", timeout=timeout)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def repositories(self) -> list[str]:
        """Every repository's name."""
        return self._listed("/v2/_catalog", "repositories")

    def tags(self, repository: str) -> list[str]:
        """A repository's tags; none if it does not exist."""
        return self._listed(f"/v2/{repository}/tags/list", "tags")

    def digest(self, repository: str, reference: str) -> str | None:
        """The digest of the manifest that a tag or digest names, if there is one."""
        status, headers, _ = self._request(
            "HEAD", f"/v2/{repository}/manifests/{reference}", {"Accept": ", ".join(_MANIFESTS)}
        )
        return headers.get("docker-content-digest") if status == 200 else None

    def put_blob(self, repository: str, content: bytes) -> str:
        """Upload a blob, unless it is there; gives its digest."""
        digest = digest_of(content)
        if self._request("HEAD", f"/v2/{repository}/blobs/{digest}")[0] == 200:
            return digest
        status, headers, _ = self._request("POST", f"/v2/{repository}/blobs/uploads/")
        if status == 202:
            place = urlsplit(headers["location"])
            query = "&".join(filter(None, (place.query, urlencode({"digest": digest}))))
            kind = {"Content-Type": "application/octet-stream"}
            status, _, _ = self._request("PUT", f"{place.path}?{query}", kind, content)
        if status != 201:
            raise EngineError(f"the test registry refused a blob of {repository}: HTTP {status}")
        return digest

    def put_manifest(self, repository: str, reference: str, content: bytes, kind: str) -> str:
        """Upload a manifest or index under a tag or digest; gives its digest."""
        path = f"/v2/{repository}/manifests/{reference}"
        status, _, body = self._request("PUT", path, {"Content-Type": kind}, content)
        if status != 201:
            answer = body.decode(errors="replace").strip()
            raise EngineError(f"the test registry refused {repository}:{reference}: {answer}")
        return digest_of(content)

    def _listed(self, path: str, key: str) -> list[str]:
        found: list[str] = []
        following: str | None = path
        while following:
            status, headers, body = self._request("GET", following)
            if status != 200:
                break
            found += json.loads(body)[key] or []
            link = headers.get("link", "")
            following = link[link.find("<") + 1 : link.find(">")] if "<" in link else None
        return found

    def _request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        timeout: float = _TIMEOUT,
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self.address, timeout=timeout)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        return answer.status, {key.lower(): value for key, value in answer.getheaders()}, content
