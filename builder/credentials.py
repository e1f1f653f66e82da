"""Registry credentials from docker's own configuration, as `docker login` leaves them."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from dockgate.linter.errors import UsageError

_CONFIG_LIMIT = 1 << 20  #: bytes
_HELPER_SECONDS = 30.0
_HELPER_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_NOT_FOUND = "credentials not found"  # what every helper of docker's protocol says
DOCKER_HUB = "docker.io"
_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", "docker.io")


class Credentials(NamedTuple):
    """Who we are to a registry. `token`: an identity token in the place of a password."""

    user: str
    password: str
    token: str = ""

    def __repr__(self) -> str:
        return "<Credentials>"  # nothing of it in a log or an error


def config_folder() -> Path:
    """The folder of docker's client configuration."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def find(host: str) -> Credentials | None:
    """The credentials for a registry, None where the user has not logged in.

    Looks where the docker client looks: credHelpers, credsStore, auths. UsageError when the
    configuration or a helper is broken.
    """
    config = _config(config_folder() / "config.json")
    keys = _HUB_KEYS if host == DOCKER_HUB else (host, f"https://{host}", f"http://{host}")
    helpers = _mapping(config.get("credHelpers"))
    for key in keys:
        helper = helpers.get(key) or config.get("credsStore")
        if isinstance(helper, str) and helper:
            found = _ask(helper, key)
            if found is not None:
                return found
    auths = _mapping(config.get("auths"))
    for key in (*keys, *(key for key in auths if _host(key) == host)):
        entry = _mapping(auths.get(key))
        if entry:
            found = _decode(entry, host)
            if found is not None:
                return found
    return None


def _config(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            data = stream.read(_CONFIG_LIMIT + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    try:
        content = json.loads(data) if len(data) <= _CONFIG_LIMIT else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise UsageError(f"{path}: not a JSON object: mend it, or log in anew")
    return content


def _host(key: str) -> str:
    """The registry that a key of `auths` means: older clients wrote `https://HOST/v1/`."""
    return key.removeprefix("https://").removeprefix("http://").partition("/")[0]


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _decode(entry: dict[str, Any], host: str) -> Credentials | None:
    token = entry.get("identitytoken")
    token = token if isinstance(token, str) else ""
    auth = entry.get("auth")
    if not isinstance(auth, str) or not auth:
        user, password = entry.get("username"), entry.get("password")
        if isinstance(user, str) and isinstance(password, str):
            return Credentials(user, password, token)
        return Credentials("", "", token) if token else None
    try:
        decoded = base64.b64decode(auth, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    user, colon, password = decoded.partition(":")
    if not colon:
        raise UsageError(f"the stored login for {host} cannot be read: run `docker login {host}`")
    return Credentials(user, password.rstrip("\0"), token)


def _ask(helper: str, key: str) -> Credentials | None:
    """What `docker-credential-HELPER get` answers (docker/docker-credential-helpers)."""
    program = f"docker-credential-{helper}"
    if not _HELPER_NAME.fullmatch(helper):
        raise UsageError(
            f"docker's configuration names a credential helper {helper[:80]!r}: mend it"
        )
    try:
        done = subprocess.run(  # noqa: S603 - the user's own helper, by docker's protocol
            [program, "get"], input=key.encode(), capture_output=True,
            timeout=_HELPER_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        raise UsageError(
            f"{program}, which docker's configuration names, does not answer"
        ) from None
    if done.returncode:
        if _NOT_FOUND in (done.stdout + done.stderr).decode("utf-8", "replace").lower():
            return None
        raise UsageError(f"{program} gives no credentials for {key}: run `docker login` again")
    try:
        answer = json.loads(done.stdout[:_CONFIG_LIMIT])
        user, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{program} answers with something else than credentials") from None
    if user == "<token>":
        return Credentials("", "", secret)
    return Credentials(user, secret) if user or secret else None
