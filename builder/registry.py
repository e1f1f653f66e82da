"""OCI distribution over httpx: what pushing an image by digest and reading of one need, no more.

Source: OCI distribution-spec v1.1; Docker's token authentication. An answer is hostile input: read
to a bound, never decompressed, a redirect never followed with credentials.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import re
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import httpx

from dockgate.builder.credentials import DOCKER_HUB, Credentials
from dockgate.builder.deadline import within
from dockgate.builder.manifest import INDEX_TYPES, MANIFEST_TYPES, Descriptor
from dockgate.builder.reference import DIGEST
from dockgate.builder.transfer import CHUNK
from dockgate.linter.errors import UnfinishedError

ANSWER_LIMIT = 4 << 20  #: bytes of any answer
CONNECT_SECONDS = 15.0
READ_SECONDS = 300.0  #: a registry may hash a large layer before it answers
TOKEN_SECONDS = 60.0  #: how long a token is good where the registry does not say
MAX_TOKEN_SECONDS = 3600  #: how long at most it is used without asking again
#: Seconds for one request besides the time for its body, and the bytes of a body that must get
#: through in a second: a registry that answers byte by byte holds nobody for ever.
REQUEST_SECONDS = 600.0
SLOWEST_UPLOAD = 16 << 10
MAX_REDIRECTS = 3  #: of one blob
_REDIRECTS = (302, 303, 307, 308)
_SAID_LIMIT = 200  # characters of a registry's own words
_HUB_HOST = "registry-1.docker.io"
_ACCEPT = ", ".join(sorted(MANIFEST_TYPES | INDEX_TYPES))
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_CERTIFICATES = Path("/etc/docker/certs.d")


class RegistryError(UnfinishedError):
    """A registry did not do what was asked: one line with host, request and answer."""


class UnreachableError(RegistryError):
    """A registry does not answer at all."""


class Answer(NamedTuple):
    """An answer, its body read up to `ANSWER_LIMIT`."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str


Body = Callable[[], Iterator[bytes]]


def is_loopback(host: str) -> bool:
    """Whether `host[:port]` is this machine, where the engine too allows plain HTTP."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


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
        self._actions = actions
        self._seconds = seconds
        self._credentials = credentials
        self._insecure = insecure or is_loopback(host)
        self._tokens: dict[str, tuple[str, float]] = {}  # by repository, good until
        # A proxy is for other machines; httpx would send loopback there too.
        self._client = httpx.Client(
            trust_env=not is_loopback(host),
            verify=self._tls(),
            follow_redirects=False,
            timeout=httpx.Timeout(min(READ_SECONDS, seconds), connect=CONNECT_SECONDS),
            headers={"User-Agent": "dockgate", "Accept-Encoding": "identity"},
        )
        self._base = ""

    def __enter__(self) -> Registry:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    # What pushing needs

    def has_blob(self, repository: str, digest: str) -> bool:
        """Whether the registry has the blob."""
        answer = self._ask("HEAD", f"/v2/{repository}/blobs/{digest}", repository, (200, 307, 404))
        return answer.status != 404

    def put_blob(self, repository: str, blob: Descriptor, body: Body) -> None:
        """Upload a blob in one piece; the registry checks it against its digest."""
        started = self._ask("POST", f"/v2/{repository}/blobs/uploads/", repository, (202,))
        place = self._location(started)
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
        self._address()

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
        answer = self._ask("GET", path, repository, (200, *_REDIRECTS))
        for _ in range(MAX_REDIRECTS):
            if answer.status == 200:
                break
            answer = self._transfer("GET", self._location(answer), {}, None)
            if answer.status not in (200, *_REDIRECTS):
                raise self._refused("GET", answer.url, answer)
        if answer.status != 200:
            raise RegistryError(
                f"{self.host}: {path} is redirected more than {MAX_REDIRECTS} times"
            )
        return answer.body

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
        url = urljoin(self._address(), path)
        answer = self._send(method, url, repository, headers, body)
        if answer.status == 401 and self._own(url):
            self._log_in(answer, repository)
            answer = self._send(method, url, repository, headers, body)
        if answer.status not in expected:
            raise self._refused(method, url, answer)
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
        authorization = self._authorization(repository)
        if authorization and self._own(url):
            sent["Authorization"] = authorization
        return self._transfer(method, url, sent, body)

    def _transfer(
        self, method: str, url: str, headers: dict[str, str], body: Body | None
    ) -> Answer:
        try:
            try:
                return self._exchange(method, url, headers, body)
            except httpx.RemoteProtocolError:
                # The connection had been idle and was closed: all that is sent can be sent again.
                return self._exchange(method, url, headers, body)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, ValueError) as error:
            raise UnreachableError(
                f"{self.host}: {_line(str(error)) or type(error).__name__}: "
                "is the registry up, and its name right?"
            ) from None

    def _exchange(
        self, method: str, url: str, headers: dict[str, str], body: Body | None
    ) -> Answer:
        content = body() if body is not None else None
        seconds = self._seconds + int(headers.get("Content-Length", 0)) / SLOWEST_UPLOAD
        with (
            within(seconds, f"{self.host}: {method} {urlsplit(url).path[:_SAID_LIMIT]}"),
            self._client.stream(method, url, headers=headers, content=content) as response,
        ):
            data = b""
            for chunk in response.iter_raw(CHUNK) if method != "HEAD" else ():
                data += chunk
                if len(data) > ANSWER_LIMIT:
                    raise RegistryError(
                        f"{self.host}: an answer has more than {ANSWER_LIMIT} bytes"
                    )
            return Answer(response.status_code, response.headers, data, url)

    def _address(self) -> str:
        """The base address: https, or http where that is allowed and https does not answer."""
        if self._base:
            return self._base
        host = _HUB_HOST if self.host == DOCKER_HUB else self.host
        schemes = ("https", "http") if self._insecure else ("https",)
        for scheme in schemes:
            try:
                self._transfer("GET", f"{scheme}://{host}/v2/", {}, None)
            except RegistryError:
                if scheme == schemes[-1]:
                    raise
                continue
            self._base = f"{scheme}://{host}"
            break
        return self._base

    def _own(self, url: str) -> bool:
        """Whether an address is the registry itself: only there go credentials."""
        return _split(url)[:2] == _split(self._base)[:2]

    def _location(self, answer: Answer) -> str:
        try:
            place: str = urljoin(answer.url, answer.headers.get("Location", ""))
        except ValueError:  # no address at all
            place = answer.url
        parts = _split(place)
        if place == answer.url or not parts.hostname:
            raise RegistryError(f"{self.host}: the registry does not say where to go on")
        if parts.scheme != "https" and not self._own(place):
            raise RegistryError(f"{self.host}: the registry sends us to {parts.scheme} elsewhere")
        return place

    # Who asks

    def _authorization(self, repository: str) -> str:
        token, until = self._tokens.get(repository, ("", 0.0))
        return token if time.monotonic() < until else ""

    def _log_in(self, refused: Answer, repository: str) -> None:
        challenge = refused.headers.get("WWW-Authenticate", "")
        scheme = challenge.partition(" ")[0].lower()
        if scheme == "basic":
            if self._credentials is None:
                raise RegistryError(
                    f"{self.host}: asks for a login: run `docker login {self.host}`"
                )
            self._tokens[repository] = (_basic(self._credentials), float("inf"))
        elif scheme == "bearer":
            self._tokens[repository] = self._fetch_token(
                dict(_CHALLENGE.findall(challenge)), repository
            )
        else:
            raise self._refused("GET", refused.url, refused)

    def _fetch_token(self, challenge: dict[str, str], repository: str) -> tuple[str, float]:
        realm = challenge.get("realm", "")
        if not realm.startswith("https://") and not (self._insecure and self._own(realm)):
            raise RegistryError(
                f"{self.host}: asks to log in at {realm[:200]!r}, which is not https"
            )
        service = challenge.get("service", "")
        scope = f"repository:{repository}:{self._actions}"
        if self._credentials is not None and self._credentials.token:
            form = {
                "grant_type": "refresh_token",
                "refresh_token": self._credentials.token,
                "service": service,
                "scope": scope,
                "client_id": "dockgate",
            }
            data = urlencode(form).encode()
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Content-Length": str(len(data)),
            }
            answer = self._transfer("POST", realm, headers, lambda: iter((data,)))
        else:
            parts = _split(realm)
            query = [*parse_qsl(parts.query), ("service", service), ("scope", scope)]
            headers = {}
            if self._credentials is not None:
                headers["Authorization"] = _basic(self._credentials)
            url = urlunsplit(parts._replace(query=urlencode(query)))
            answer = self._transfer("GET", url, headers, None)
        content = _json(answer.body) if answer.status == 200 else {}
        token = content.get("token") or content.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise RegistryError(
                f"{self.host}: the login was refused ({answer.status}): "
                f"run `docker login {self.host}`"
            )
        seconds = content.get("expires_in")
        if not isinstance(seconds, int) or seconds <= 0:
            seconds = TOKEN_SECONDS
        good = min(float(MAX_TOKEN_SECONDS), seconds)
        return f"Bearer {token}", time.monotonic() + good * 0.8

    # What it says

    def _refused(self, method: str, url: str, answer: Answer) -> RegistryError:
        errors = _json(answer.body).get("errors")
        said = ""
        if isinstance(errors, list) and errors and isinstance(errors[0], dict):
            said = f"{errors[0].get('code')}: {errors[0].get('message')}"
        advice = f": run `docker login {self.host}`" if answer.status in (401, 403) else ""
        path = _line(_split(url).path)
        return RegistryError(f"{self.host}: {method} {path}: {answer.status} {_line(said)}{advice}")

    def _tls(self) -> ssl.SSLContext | bool:
        if self._insecure:
            return False
        folder = _CERTIFICATES / self.host
        context = httpx.create_ssl_context()
        for certificate in sorted(folder.glob("*.crt")) if folder.is_dir() else ():
            try:
                context.load_verify_locations(certificate)
            except (OSError, ssl.SSLError) as error:
                raise RegistryError(f"{certificate}: cannot be used: {error}") from None
        return context


def _split(url: str) -> SplitResult:
    """The parts of an address that somebody else has given; all empty when it is none."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _basic(credentials: Credentials) -> str:
    pair = f"{credentials.user}:{credentials.password}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _json(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _line(text: str) -> str:
    """What a registry says as one short line that cannot steer a terminal."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:_SAID_LIMIT]
