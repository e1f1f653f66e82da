"""Logging in to a registry: Docker's token authentication, or HTTP's basic one.

https://distribution.github.io/distribution/spec/auth/token/
"""

from __future__ import annotations

import base64
import re
import time
from urllib.parse import parse_qsl, urlencode, urlunsplit

from dockgate.builder.credentials import Credentials
from dockgate.builder.registry_transport import Answer, RegistryError, Transport, json_of, split

TOKEN_SECONDS = 60.0  #: how long a token is good where the registry does not say
MAX_TOKEN_SECONDS = 3600  #: how long at most it is used without asking again
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class Login:
    """The logins of one user at one registry: a repository may want one of its own.

    `actions`: what the user wants to do (the scope of a token).
    """

    def __init__(self, transport: Transport, credentials: Credentials | None, actions: str) -> None:
        self._transport = transport
        self._credentials = credentials
        self._actions = actions
        self._host = transport.host
        self._tokens: dict[str, tuple[str, float]] = {}  # by repository, good until

    def authorization(self, repository: str) -> str:
        """The header of that name; empty where there was no login yet, or it is over."""
        token, until = self._tokens.get(repository, ("", 0.0))
        return token if time.monotonic() < until else ""

    def log_in(self, refused: Answer, repository: str) -> None:
        """Do what an answer of 401 asks for. Raises RegistryError where that does not help."""
        challenge = refused.headers.get("WWW-Authenticate", "")
        scheme = challenge.partition(" ")[0].lower()
        if scheme == "basic":
            if self._credentials is None:
                raise RegistryError(
                    f"{self._host}: asks for a login: run `docker login {self._host}`"
                )
            self._tokens[repository] = (_basic(self._credentials), float("inf"))
        elif scheme == "bearer":
            self._tokens[repository] = self._fetch_token(
                dict(_CHALLENGE.findall(challenge)), repository
            )
        else:
            raise self._transport.refused("GET", refused.url, refused)

    def _fetch_token(self, challenge: dict[str, str], repository: str) -> tuple[str, float]:
        realm = challenge.get("realm", "")
        if not realm.startswith("https://") and not (
            self._transport.insecure and self._transport.own(realm)
        ):
            raise RegistryError(
                f"{self._host}: asks to log in at {realm[:200]!r}, which is not https"
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
            answer = self._transport.transfer("POST", realm, headers, lambda: iter((data,)))
        else:
            parts = split(realm)
            query = [*parse_qsl(parts.query), ("service", service), ("scope", scope)]
            headers = {}
            if self._credentials is not None:
                headers["Authorization"] = _basic(self._credentials)
            url = urlunsplit(parts._replace(query=urlencode(query)))
            answer = self._transport.transfer("GET", url, headers, None)
        content = json_of(answer.body) if answer.status == 200 else {}
        token = content.get("token") or content.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise RegistryError(
                f"{self._host}: the login was refused ({answer.status}): "
                f"run `docker login {self._host}`"
            )
        seconds = content.get("expires_in")
        if not isinstance(seconds, int) or seconds <= 0:
            seconds = TOKEN_SECONDS
        good = min(float(MAX_TOKEN_SECONDS), seconds)
        return f"Bearer {token}", time.monotonic() + good * 0.8


def _basic(credentials: Credentials) -> str:
    pair = f"{credentials.user}:{credentials.password}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
