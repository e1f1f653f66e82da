"""OCI distribution over httpx: what pushing an image by digest and reading of one need, no more.

Source: OCI distribution-spec v1.1. Credentials go to the registry alone, wherever it sends us.
"""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import httpx

from dockgate.builder.credentials import Credentials
from dockgate.builder.manifest import INDEX_TYPES, MANIFEST_TYPES, Descriptor
from dockgate.builder.reference import DIGEST
from dockgate.builder.registry_login import Login
from dockgate.builder.registry_transport import (
    REDIRECTS,
    REQUEST_SECONDS,
    Answer,
    Body,
    RegistryError,
    Transport,
)

MAX_REDIRECTS = 3  #: of one blob
_ACCEPT = ", ".join(sorted(MANIFEST_TYPES | INDEX_TYPES))


class Registry:
    """One registry, as one user. `insecure`: the engine is told to allow HTTP and any certificate.

    `actions`: what the user wants to do (Docker's token authentication, scope). `seconds`: the
    longest that one request takes. Every method raises RegistryError.
    """

    def __init__(
        self,
        host: str,
        *,
        credentials: Credentials | None = None,
        insecure: bool = False,
        actions: str = "pull,push",
        seconds: float = REQUEST_SECONDS,
    ) -> None:
        self.host = host
        self._transport = Transport(host, insecure=insecure, seconds=seconds)
        self._login = Login(self._transport, credentials, actions)

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    # What pushing needs

    def has_blob(self, repository: str, digest: str) -> bool:
        """Whether the registry has the blob."""
        answer = self._ask("HEAD", f"/v2/{repository}/blobs/{digest}", repository, (200, 307, 404))
        return answer.status != 404

    def put_blob(self, repository: str, blob: Descriptor, body: Body) -> None:
        """Upload a blob in one piece; the registry checks it against its digest."""
        started = self._ask("POST", f"/v2/{repository}/blobs/uploads/", repository, (202,))
        place = self._transport.location(started)
        parts = urlsplit(place)
        query = [*parse_qsl(parts.query, keep_blank_values=True), ("digest", blob.digest)]
        place = urlunsplit(parts._replace(query=urlencode(query)))
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)}
        self._ask("PUT", place, repository, (201,), headers=headers, body=body)

    def put_manifest(self, repository: str, data: bytes, media_type: str, name: str) -> None:
        """Store a manifest under `name`: its digest, or a tag."""
        self._ask(
            "PUT", f"/v2/{repository}/manifests/{name}", repository, (201,),
            headers={"Content-Type": media_type, "Content-Length": str(len(data))},
            body=lambda: iter((data,)),
        )  # fmt: skip

    def digest(self, repository: str, name: str) -> str | None:
        """The digest of the manifest that a tag or digest names, None where there is none.

        Of the bytes that a puller would get: what the registry says of them is not believed.
        """
        path = f"/v2/{repository}/manifests/{name}"
        answer = self._ask("GET", path, repository, (200, 404), headers={"Accept": _ACCEPT})
        if answer.status == 404:
            return None
        return f"sha256:{hashlib.sha256(answer.body).hexdigest()}"

    # What reading needs

    def connect(self) -> None:
        """Find out how the registry is reached; UnreachableError where it is not."""
        self._transport.address()

    def stated_digest(self, repository: str, name: str) -> str | None:
        """The digest that a tag names as the registry says, None where there is no such tag.

        Other than `digest` it asks with HEAD, which no registry counts as a pull: good only for
        reading what it names afterwards, verified.
        """
        path = f"/v2/{repository}/manifests/{name}"
        answer = self._ask("HEAD", path, repository, (200, 404), headers={"Accept": _ACCEPT})
        if answer.status == 404:
            return None
        told: str = answer.headers.get("Docker-Content-Digest", "")
        return told if DIGEST.fullmatch(told) else self.digest(repository, name)

    def manifest(self, repository: str, digest: str) -> bytes:
        """The manifest or index of this digest, not yet verified."""
        path = f"/v2/{repository}/manifests/{digest}"
        return self._ask("GET", path, repository, (200,), headers={"Accept": _ACCEPT}).body

    def blob(self, repository: str, digest: str) -> bytes:
        """A small blob, not yet verified. Registries may keep it elsewhere: credentials stay."""
        path = f"/v2/{repository}/blobs/{digest}"
        answer = self._ask("GET", path, repository, (200, *REDIRECTS))
        for _ in range(MAX_REDIRECTS):
            if answer.status == 200:
                break
            answer = self._transport.transfer("GET", self._transport.location(answer), {}, None)
            if answer.status not in (200, *REDIRECTS):
                raise self._transport.refused("GET", answer.url, answer)
        if answer.status != 200:
            raise RegistryError(
                f"{self.host}: {path} is redirected more than {MAX_REDIRECTS} times"
            )
        return answer.body

    def open_blob(self, repository: str, digest: str) -> httpx.Response | None:
        """A blob of any size, not yet verified, as a stream that must be closed; None where there
        is none. Registries may keep it elsewhere: credentials stay.
        """
        if not self.has_blob(repository, digest):
            return None
        url = urljoin(self._transport.address(), f"/v2/{repository}/blobs/{digest}")
        headers = {"Authorization": self._login.authorization(repository)}
        for _ in range(MAX_REDIRECTS + 1):
            sent = {name: value for name, value in headers.items() if value}
            response = self._transport.open(url, sent)
            if response.status_code == 200:
                return response
            response.close()
            answer = Answer(response.status_code, response.headers, b"", url)
            if answer.status not in REDIRECTS:
                raise self._transport.refused("GET", url, answer)
            url, headers = self._transport.location(answer), {}
        raise RegistryError(f"{self.host}: {digest} is redirected more than {MAX_REDIRECTS} times")

    # How it is asked

    def _ask(
        self,
        method: str,
        path: str,
        repository: str,
        expected: tuple[int, ...],
        *,
        headers: dict[str, str] | None = None,
        body: Body | None = None,
    ) -> Answer:
        """An answer with an expected status; logs in when the registry asks for it."""
        url = urljoin(self._transport.address(), path)
        answer = self._send(method, url, repository, headers, body)
        if answer.status == 401 and self._transport.own(url):
            self._login.log_in(answer, repository)
            answer = self._send(method, url, repository, headers, body)
        if answer.status not in expected:
            raise self._transport.refused(method, url, answer)
        return answer

    def _send(
        self,
        method: str,
        url: str,
        repository: str,
        headers: dict[str, str] | None,
        body: Body | None,
    ) -> Answer:
        sent = dict(headers or {})
        authorization = self._login.authorization(repository)
        if authorization and self._transport.own(url):
            sent["Authorization"] = authorization
        return self._transport.transfer(method, url, sent, body)
