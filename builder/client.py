"""Finding a docker client that has buildx and an engine that answers.

Plain subprocesses with a time limit: a client in PATH may have neither (facts of real machines).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any, NamedTuple

from dockgate.linter.errors import UnfinishedError

_SECONDS = 30.0  #: for an engine to say what it is
_ANSWER_LIMIT = 4 << 20  #: bytes
_CONTAINERD = "io.containerd.snapshotter.v1"
_OCI_SINCE = 25  #: the first engine whose `docker save` is an OCI layout as well


class Client(NamedTuple):
    """A docker client and what its engine is."""

    docker: str  #: absolute path of the program
    endpoint: str  #: which engine: its own identifier
    containerd: bool  #: whether its image store is containerd's
    saves_oci: bool  #: whether `docker save` gives manifests
    insecure: frozenset[str]  #: registries that the engine may talk HTTP with
    mirrors: tuple[str, ...] = ()  #: addresses that it asks before Docker Hub


def find_client(*, buildx: bool = True) -> Client:
    """The first docker client in PATH that has an engine and, unless not wanted, buildx.

    UnfinishedError says what to install or start.
    """
    faults: list[str] = []
    for docker in _in_path():
        info = _information(docker)
        fault = _fault(info, buildx=buildx)
        if fault:
            faults.append(fault)
            continue
        return Client(
            docker,
            str(info.get("ID") or ""),
            any(_CONTAINERD in str(pair) for pair in info.get("DriverStatus") or ()),
            _major(str(info.get("ServerVersion"))) >= _OCI_SINCE,
            _insecure(info),
            _mirrors(info),
        )
    if not faults:
        raise UnfinishedError("no docker client in PATH: install docker with its buildx plug-in")
    raise UnfinishedError(faults[0])


def exports_oci(client: Client, builder: str | None) -> bool:
    """Whether the chosen builder can export an image that no engine holds.

    The docker driver can with containerd's image store, every other driver always.
    """
    if client.containerd:
        return True
    command = [client.docker, "buildx", "inspect", *([builder] if builder else [])]
    done = _run(command)
    if done is None or done.returncode:
        named = f" {builder}" if builder else ""
        raise UnfinishedError(f"docker buildx inspect{named} failed: is there such a builder?")
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    drivers = [line.partition(":")[2].strip() for line in lines if line.startswith("Driver:")]
    return bool(drivers) and drivers[0] != "docker"


def inspect_image(client: Client, name: str) -> bytes | None:
    """What the engine tells of an image, JSON; None where it has none of this full name."""
    done = _run([client.docker, "image", "inspect", "--format", "{{json .}}", name])
    return done.stdout[:_ANSWER_LIMIT] if done is not None and not done.returncode else None


def _in_path() -> Iterator[str]:
    seen: set[str] = set()
    for folder in os.get_exec_path():
        path = os.path.abspath(os.path.join(folder, "docker"))
        if path not in seen and os.path.isfile(path) and os.access(path, os.X_OK):
            seen.add(path)
            yield path


def _information(docker: str) -> dict[str, Any]:
    done = _run([docker, "info", "--format", "{{json .}}"])
    if done is None:
        return {}
    try:
        found = json.loads(done.stdout[:_ANSWER_LIMIT])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _run(command: list[str]) -> subprocess.CompletedProcess[bytes] | None:
    try:
        return subprocess.run(  # noqa: S603 - the docker client of PATH is what is asked for
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _fault(info: dict[str, Any], *, buildx: bool) -> str:
    """Why this client cannot be used, "" when it can."""
    host = os.environ.get("DOCKER_HOST") or "the default socket"
    if not info.get("ServerVersion"):
        said = [str(error) for error in info.get("ServerErrors") or ()]
        reason = said[0].rstrip("?. ") if said else f"no docker engine answers at {host}"
        if "permission denied" in reason:
            return f"{reason}: join its group, or set DOCKER_HOST to an engine of your own"
        return f"{reason}: start it (`systemctl start docker`), or set DOCKER_HOST to one that runs"
    plugins = (info.get("ClientInfo") or {}).get("Plugins") or ()
    if buildx and not any(
        plugin.get("Name") == "buildx" and not plugin.get("Err") for plugin in plugins
    ):
        return "the docker client has no buildx: install the docker-buildx plug-in"
    return ""


def _major(version: str) -> int:
    number = version.partition(".")[0]
    return int(number) if number.isdigit() else 0


def _insecure(info: dict[str, Any]) -> frozenset[str]:
    indexes = (info.get("RegistryConfig") or {}).get("IndexConfigs") or {}
    return frozenset(host for host, index in indexes.items() if index.get("Secure") is False)


def _mirrors(info: dict[str, Any]) -> tuple[str, ...]:
    mirrors = (info.get("RegistryConfig") or {}).get("Mirrors") or ()
    return tuple(str(mirror) for mirror in mirrors)
