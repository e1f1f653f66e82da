"""Where everything lives: one state folder, and a runtime folder short enough for sockets."""

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .errors import EngineError

# A unix socket's path holds 107 bytes; containerd appends its own names to our folder's.
_SOCKET_LIMIT = 107
_LONGEST_SOCKET = "classic/exec/containerd/containerd-debug.sock"

MAIN = "main"
CLASSIC = "classic"
FLAVOURS = (MAIN, CLASSIC)


@dataclass(frozen=True)
class Paths:
    """Every place below the state folder."""

    state: Path

    @property
    def lock(self) -> Path:
        """The file that start and stop lock."""
        return self.state / "lock"

    @property
    def record(self) -> Path:
        """What runs, as JSON."""
        return self.state / "state.json"

    @property
    def port(self) -> Path:
        """The registry's port, kept over a stop so that names stay valid."""
        return self.state / "port"

    @property
    def packages(self) -> Path:
        """The cache that outlives a stop."""
        return self.state / "packages"

    @property
    def tree(self) -> Path:
        """The unpacked engine packages."""
        return self.packages / "engine"

    @property
    def bases(self) -> Path:
        """The built base images' blobs."""
        return self.packages / "bases"

    @property
    def client(self) -> Path:
        """A folder for PATH that holds the docker client alone."""
        return self.packages / "bin"

    @property
    def client_config(self) -> Path:
        """DOCKER_CONFIG, with the buildx plug-in."""
        return self.state / "client"

    @property
    def registry(self) -> Path:
        """The registry's configuration and storage."""
        return self.state / "registry"

    def log(self, name: str) -> Path:
        """A process's log."""
        return self.state / "logs" / f"{name}.log"

    def data(self, flavour: str) -> Path:
        """An engine's data root."""
        return self.state / "data" / flavour

    @property
    def key(self) -> str:
        """A short name that is this state folder's own: for a bridge, a cgroup, a folder."""
        return hashlib.sha256(str(self.state).encode()).hexdigest()[:8]

    @property
    def runtime(self) -> Path:
        """Sockets and pid files: in the state folder, or elsewhere where its path is too long."""
        inside = self.state / "run"
        if len(os.fsencode(inside / _LONGEST_SOCKET)) <= _SOCKET_LIMIT:
            return inside
        root = Path("/run") if os.access("/run", os.W_OK) else Path(tempfile.gettempdir())
        return root / f"dockgate-{self.key}"

    def exec_root(self, flavour: str) -> Path:
        """An engine's exec root."""
        return self.runtime / flavour / "exec"

    def socket(self, flavour: str) -> Path:
        """An engine's API socket."""
        return self.runtime / flavour / "docker.sock"


def default_paths() -> Paths:
    """The paths that the environment asks for."""
    chosen = os.environ.get("DOCKGATE_TEST_STATE")
    if chosen:
        return Paths(Path(chosen).absolute())
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Paths(Path(cache).absolute() / "dockgate-tests")


def private_folder(path: Path) -> None:
    """Make a folder that only we can enter; one in a shared place could be somebody else's."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise EngineError(f"{path} is not a folder of ours: remove it, or set DOCKGATE_TEST_STATE")
