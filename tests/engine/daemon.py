"""One dockerd: how it is set up, whether it answers, and what it leaves behind."""

import http.client
import json
import shutil
import socket
import sys

from .errors import EngineError
from .network import make_bridge, remove_bridge
from .packages import binary
from .paths import CLASSIC, MAIN, Paths, private_folder
from .processes import (
    Process,
    clear_cgroup,
    end,
    naming,
    overlay_works,
    spawn,
    unmount_below,
)

STOP_SECONDS = 20.0
# Benchmarking addresses: no real network has a route to them.
_ADDRESSES = {MAIN: "198.18", CLASSIC: "198.19"}


def launch(paths: Paths, flavour: str, registry: str) -> Process:
    """Start an engine; it is ready when it answers."""
    private_folder(paths.runtime)
    private_folder(paths.runtime / "tmp")
    private_folder(paths.runtime / flavour)
    paths.data(flavour).mkdir(parents=True, exist_ok=True)
    plugins = paths.client_config / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    plugin = plugins / "docker-buildx"
    plugin.unlink(missing_ok=True)
    plugin.symlink_to(binary(paths, "docker-buildx"))
    config = paths.runtime / flavour / "daemon.json"
    config.write_text(json.dumps(_daemon(paths, flavour, registry), indent=1))
    command = [str(binary(paths, "dockerd")), "--config-file", str(config)]
    return spawn(command, paths.log(flavour), environment(paths))


def _daemon(paths: Paths, flavour: str, registry: str) -> dict[str, object]:
    overlay = overlay_works(paths.data(flavour))
    drivers = {MAIN: ("overlayfs", "native"), CLASSIC: ("overlay2", "vfs")}[flavour]
    return {
        "hosts": [f"unix://{paths.socket(flavour)}"],
        "group": "root",
        "data-root": str(paths.data(flavour)),
        "exec-root": str(paths.exec_root(flavour)),
        "pidfile": str(paths.runtime / flavour / "docker.pid"),
        "features": {"containerd-snapshotter": flavour == MAIN},
        "storage-driver": drivers[0] if overlay else drivers[1],
        "registry-mirrors": [f"http://{registry}"],
        "insecure-registries": ["127.0.0.0/8"],
        "bridge": _bridge(paths, flavour),
        "iptables": False,
        "ip6tables": False,
        "ip-forward": False,
        "userland-proxy": False,
        # A cgroup of our own name, under the driver that works with and without systemd.
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
        "cgroup-parent": f"/{_name(paths, flavour)}",
    }


def _name(paths: Paths, flavour: str) -> str:
    """The name of a flavour's bridge and cgroup; an interface's name holds 15 bytes."""
    return f"dg{paths.key}{flavour[0]}"


def _bridge(paths: Paths, flavour: str) -> str:
    name = _name(paths, flavour)
    try:
        make_bridge(name, f"{_ADDRESSES[flavour]}.{int(paths.key[:2], 16)}.1")
    except OSError as error:
        print(f"no bridge ({error}): RUN works with --network=host or none only", file=sys.stderr)
        return "none"
    return name


def environment(paths: Paths) -> dict[str, str]:
    """A clean environment: a user's proxies and docker settings are not for a private engine."""
    found = [binary(paths, name).parent for name in ("dockerd", "containerd", "runc")]
    folders = [*map(str, dict.fromkeys(found)), "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    values = {"PATH": ":".join(folders), "HOME": str(paths.state), "LC_ALL": "C"}
    temporary = paths.runtime / "tmp"
    if temporary.is_dir():
        values["TMPDIR"] = str(temporary)
    return values


def answers(paths: Paths, flavour: str, timeout: float = 2.0) -> bool:
    """Whether the engine answers on its socket."""
    connection = _UnixConnection("localhost", timeout=timeout)
    connection.path = str(paths.socket(flavour))
    try:
        connection.request("GET", "/_ping")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class _UnixConnection(http.client.HTTPConnection):
    path = ""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def clear(paths: Paths, flavour: str, dockerd: Process | None) -> None:
    """End an engine and everything that it started, and remove its state."""
    # Containers first: dockerd would wait ten seconds for each that ignores SIGTERM.
    clear_cgroup(_name(paths, flavour))
    if dockerd:
        end([dockerd], STOP_SECONDS)
    # dockerd ends its containerd and their shims itself, unless it was killed.
    end(naming(paths.exec_root(flavour), paths.tree), STOP_SECONDS)
    clear_cgroup(_name(paths, flavour))
    remove_bridge(_name(paths, flavour))
    folders = (paths.data(flavour), paths.runtime / flavour)
    if left := unmount_below(folders):
        raise EngineError(f"{left[0]} is still mounted: unmount it, then run stop again")
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
