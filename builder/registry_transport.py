"""How a registry is asked over HTTP: what goes to it, how long it may take, what may come back.

An answer is hostile input: read to a bound, never decompressed; no redirect is followed unasked.
"""

from __future__ import annotations

import ipaddress
import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from dockgate.builder.credentials import DOCKER_HUB
from dockgate.builder.deadline import within
from dockgate.builder.transfer import CHUNK
from dockgate.linter.errors import UnfinishedError

ANSWER_LIMIT = 4 << 20  #: bytes of any answer
CONNECT_SECONDS = 15.0
READ_SECONDS = 300.0  #: a registry may hash a large layer before it answers
#: Seconds for one request besides the time for its body, and the bytes of a body that must get
#: through in a second: a registry that answers byte by byte holds nobody for ever.
REQUEST_SECONDS = 600.0
SLOWEST_UPLOAD = 16 << 10
REDIRECTS = (302, 303, 307, 308)
_SAID_LIMIT = 200  # characters of a registry's own words
_HUB_HOST = "registry-1.docker.io"
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


class Transport:
    """The way to one registry. `insecure`: the engine is told to allow HTTP and any certificate.

    `seconds`: the longest that one request takes. Every method raises RegistryError.
    """

    def __init__(self, host: str, *, insecure: bool, seconds: float) -> None:
        self.host = host
        self.insecure = insecure or is_loopback(host)
        self._seconds = seconds
        # A proxy is for other machines; httpx would send loopback there too.
        self._client = httpx.Client(
            trust_env=not is_loopback(host),
            verify=self._tls(),
            follow_redirects=False,
            timeout=httpx.Timeout(min(READ_SECONDS, seconds), connect=CONNECT_SECONDS),
            headers={"User-Agent": "dockgate", "Accept-Encoding": "identity"},
        )
        self._base = ""

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def address(self) -> str:
        """The base address: https, or http where that is allowed and https does not answer."""
        if self._base:
            return self._base
        host = _HUB_HOST if self.host == DOCKER_HUB else self.host
        schemes = ("https", "http") if self.insecure else ("https",)
        for scheme in schemes:
            try:
                self.transfer("GET", f"{scheme}://{host}/v2/", {}, None)
            except RegistryError:
                if scheme == schemes[-1]:
                    raise
                continue
            self._base = f"{scheme}://{host}"
            break
        return self._base

    def own(self, url: str) -> bool:
        """Whether an address is the registry itself: only there go credentials."""
        return split(url)[:2] == split(self._base)[:2]

    def transfer(self, method: str, url: str, headers: dict[str, str], body: Body | None) -> Answer:
        """What is answered to a request with these headers and no others, whatever its status."""
        try:
            try:
                return self._exchange(method, url, headers, body)
            except httpx.RemoteProtocolError:
                # The connection had been idle and was closed: all that is sent can be sent again.
                return self._exchange(method, url, headers, body)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, ValueError) as error:
            raise self._silent(error) from None

    def open(self, url: str, headers: dict[str, str]) -> httpx.Response:
        """The answer to a GET as a stream that must be closed, whatever its status."""
        try:
            request = self._client.build_request("GET", url, headers=headers)
            return self._client.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, ValueError) as error:
            raise self._silent(error) from None

    def location(self, answer: Answer) -> str:
        """Where an answer says to go on: to the registry itself, or elsewhere over https."""
        try:
            place: str = urljoin(answer.url, answer.headers.get("Location", ""))
        except ValueError:  # no address at all
            place = answer.url
        parts = split(place)
        if place == answer.url or not parts.hostname:
            raise RegistryError(f"{self.host}: the registry does not say where to go on")
        if parts.scheme != "https" and not self.own(place):
            raise RegistryError(f"{self.host}: the registry sends us to {parts.scheme} elsewhere")
        return place

    def refused(self, method: str, url: str, answer: Answer) -> RegistryError:
        """The error that an answer is which was not expected."""
        errors = json_of(answer.body).get("errors")
        said = ""
        if isinstance(errors, list) and errors and isinstance(errors[0], dict):
            said = f"{errors[0].get('code')}: {errors[0].get('message')}"
        advice = f": run `docker login {self.host}`" if answer.status in (401, 403) else ""
        path = _line(split(url).path)
        return RegistryError(f"{self.host}: {method} {path}: {answer.status} {_line(said)}{advice}")

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

    def _silent(self, error: Exception) -> UnreachableError:
        said = _line(str(error)) or type(error).__name__
        advice = "is the registry up, and its name right?"
        if "CERTIFICATE_VERIFY_FAILED" in said:
            advice = f"put what signs its certificate into {_CERTIFICATES / self.host}/ca.crt"
        return UnreachableError(f"{self.host}: {said}: {advice}")

    def _tls(self) -> ssl.SSLContext | bool:
        if self.insecure:
            return False
        folder = _CERTIFICATES / self.host
        try:
            context = httpx.create_ssl_context()
        except (OSError, ssl.SSLError) as error:
            raise RegistryError(
                f"certificates cannot be read: {error}: look at SSL_CERT_FILE and SSL_CERT_DIR"
            ) from None
        for certificate in sorted(folder.glob("*.crt")) if folder.is_dir() else ():
            try:
                context.load_verify_locations(certificate)
            except (OSError, ssl.SSLError) as error:
                raise RegistryError(f"{certificate}: cannot be used: {error}") from None
        return context


def split(url: str) -> SplitResult:
    """The parts of an address that somebody else has given; all empty when it is none."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def json_of(data: bytes) -> dict[str, Any]:
    """The JSON object in an answer; empty when there is none."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _line(text: str) -> str:
    """What a registry says as one short line that cannot steer a terminal."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:_SAID_LIMIT]
