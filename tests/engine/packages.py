"""Debian packages: downloaded with apt from the machine's own mirror, unpacked, not installed."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .errors import EngineError
from .paths import Paths

# The oldest Debian whose engine has both the containerd image store and buildx.
ENGINE_SUITE = "trixie"
ENGINE_VERSION = 13
BASE_SUITE = "bookworm"
ENGINE_PACKAGES = (
    "docker.io", "docker-cli", "docker-buildx", "containerd", "docker-registry", "busybox-static",
)  # fmt: skip
# runc is linked against the C library of its own release, so it comes from the machine's sources.
NATIVE_PACKAGES = ("runc",)
# Raised when what is unpacked changes: a cache of another number is made again.
CACHE_FORMAT = "2"
_APT_SECONDS = 300.0
_BINARIES = ("dockerd", "containerd", "containerd-shim-runc-v2", "runc", "docker",
             "docker-registry", "docker-buildx")  # fmt: skip


def run(command: Sequence[str], cwd: Path | None = None) -> str:
    """Run a command, give its standard output; a failure is an EngineError with its last line."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=_APT_SECONDS, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise EngineError(f"no `{command[0]}` here: the test engine needs a Debian") from None
    except subprocess.TimeoutExpired:
        raise EngineError(f"`{command[0]}` did not end in {_APT_SECONDS:.0f} s") from None
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        said = [line for line in lines if line.startswith("E: ")][:1] or lines[-1:] or ["no reason"]
        raise EngineError(f"`{Path(command[0]).name} {_action(command)}` failed: {said[0]}")
    return done.stdout


def _action(command: Sequence[str]) -> str:
    """The first word that is neither an option nor an option's value."""
    words = iter(command[1:])
    for word in words:
        if word == "-o":
            next(words)
        elif not word.startswith("--"):
            return word
    return ""


@dataclass(frozen=True)
class Release:
    """What /etc/os-release says."""

    identity: str
    codename: str
    version: int | None

    @classmethod
    def of_machine(cls) -> "Release":
        """The machine's release; testing and unstable have no version."""
        try:
            text = Path("/etc/os-release").read_text(encoding="utf-8")
        except OSError:
            text = ""
        fields = {key: value.strip("\"'") for key, value in re.findall(r"(?m)^(\w+)=(.*)$", text)}
        number = re.match(r"\d+", fields.get("VERSION_ID", ""))
        return cls(
            fields.get("ID", ""),
            fields.get("VERSION_CODENAME", ""),
            int(number[0]) if number else None,
        )

    @property
    def has_engine(self) -> bool:
        """Whether the machine's own sources have an engine that is new enough."""
        return self.identity != "debian" or self.version is None or self.version >= ENGINE_VERSION


class Apt:
    """One set of package lists: the machine's, or lists of our own below the cache."""

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        self._folder = folder
        for sub in ("cache/archives/partial", "lists/partial"):
            (folder / sub).mkdir(parents=True, exist_ok=True)
        # The cache is ours in every case, so that the machine's stays as it is.
        self._options = ["-o", f"Dir::Cache={folder / 'cache'}",
                         "-o", "APT::Sandbox::User=root", *options]  # fmt: skip

    @classmethod
    def of_machine(cls, folder: Path) -> "Apt":
        """The machine's own sources, with its lists or, where it has none, with fresh ones.

        The folder is for what apt keeps of its own.
        """
        apt = cls(folder)
        if apt.mirror() is None:
            apt.renew()
        return apt

    def renew(self) -> None:
        """Fetch the machine's lists into a folder of our own and use those from now on."""
        self._options += ["-o", f"Dir::State::Lists={self._folder / 'lists'}"]
        self.update()

    def of_suite(self, suite: str, folder: Path) -> "Apt":
        """Another release from the mirror that the machine itself uses."""
        mirror = self.mirror()
        if mirror is None:
            raise EngineError("no Debian mirror in apt's sources: check /etc/apt/sources.list.d")
        keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
        signed = f" [signed-by={keyring}]" if keyring.exists() else ""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "sources.list").write_text(f"deb{signed} {mirror} {suite} main\n")
        (folder / "status").write_text("")
        values = {
            "Dir::Etc::sourcelist": folder / "sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::Etc::preferences": "-",
            "Dir::Etc::preferencesparts": "-",
            "Dir::State::Lists": folder / "lists",
            "Dir::State::status": folder / "status",
            "Acquire::Languages": "none",
        }
        other = Apt(
            folder, [word for key, value in values.items() for word in ("-o", f"{key}={value}")]
        )
        other.update()
        return other

    def mirror(self) -> str | None:
        """The address of the archive behind the machine's main component; none without lists."""
        codename = Release.of_machine().codename
        listed = run(["apt-get", *self._options, "indextargets",
                      "--format", "$(CODENAME) $(COMPONENT) $(REPO_URI)",
                      "Created-By: Packages"])  # fmt: skip
        targets = [line.split(" ", 2) for line in listed.splitlines()]
        archives = [
            (name != codename, address)
            for name, component, address in targets
            if component == "main" and not name.endswith("-security")
        ]
        return min(archives)[1] if archives else None

    def update(self) -> None:
        """Fetch the lists."""
        run(["apt-get", *self._options, "update"])

    def download(self, names: Iterable[str], folder: Path) -> list[Path]:
        """Fetch packages, which apt verifies, and give the files in the order of the names."""
        folder.mkdir(parents=True, exist_ok=True)
        wanted = list(names)
        run(["apt-get", *self._options, "download", *wanted], cwd=folder)
        return [next(folder.glob(f"{name}_*.deb")) for name in wanted]

    def closure(self, names: Iterable[str]) -> set[str]:
        """The packages and all that they depend on, as if nothing were installed here."""
        status = self._folder / "empty-status"
        status.write_text("")
        planned = run(["apt-get", *self._options, "-o", f"Dir::State::status={status}",
                       "-o", "APT::Install-Recommends=0", "-o", "Debug::NoLocking=1",
                       "--simulate", "install", *names])  # fmt: skip
        return set(re.findall(r"(?m)^Inst (\S+)", planned))


def fetch_native(own: Apt, names: Iterable[str], folder: Path) -> list[Path]:
    """Download from the machine's own sources; lists that name vanished files are renewed once."""
    wanted = list(names)
    try:
        return own.download(wanted, folder)
    except EngineError:
        own.renew()
        return own.download(wanted, folder)


def fetch_suite(own: Apt, suite: str, names: Iterable[str], paths: Paths, into: Path) -> list[Path]:
    """Download from a release, which may or may not be the machine's."""
    if Release.of_machine().codename == suite:
        return fetch_native(own, names, into)
    return own.of_suite(suite, paths.packages / "apt" / suite).download(names, into)


def own_lists(paths: Paths) -> Path:
    """Where apt keeps what belongs to the machine's own sources."""
    return paths.packages / "apt" / "own"


def unpack_engine(paths: Paths) -> None:
    """Bring the engine's programs into the cache, unless they are there."""
    marker = paths.packages / "engine.ready"
    if marker.exists() and marker.read_text() == CACHE_FORMAT:
        return
    shutil.rmtree(paths.tree, ignore_errors=True)
    shutil.rmtree(paths.client, ignore_errors=True)
    downloads = paths.packages / "debs"
    shutil.rmtree(downloads, ignore_errors=True)
    own = Apt.of_machine(own_lists(paths))
    if Release.of_machine().has_engine:
        files = fetch_native(own, (*ENGINE_PACKAGES, *NATIVE_PACKAGES), downloads)
    else:
        files = fetch_suite(own, ENGINE_SUITE, ENGINE_PACKAGES, paths, downloads)
        files += fetch_native(own, NATIVE_PACKAGES, downloads)
    unpack(files, paths.tree)
    _check_libraries(paths)
    paths.client.mkdir(parents=True)
    (paths.client / "docker").symlink_to(binary(paths, "docker"))
    shutil.rmtree(downloads)
    marker.write_text(CACHE_FORMAT)


def unpack(files: Iterable[Path], tree: Path) -> None:
    """Unpack downloaded packages into one folder; their scripts are not run."""
    tree.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda file: run(["dpkg", "-x", str(file), str(tree)]), files))


def binary(paths: Paths, name: str) -> Path:
    """Where a program of the unpacked engine is."""
    for folder in ("usr/sbin", "usr/bin", "sbin", "bin", "usr/libexec/docker/cli-plugins",
                   "usr/lib/docker/cli-plugins"):  # fmt: skip
        path = paths.tree / folder / name
        if path.exists():
            return path
    raise EngineError(f"the Debian packages hold no `{name}`: run `stop`, remove {paths.packages}")


def _check_libraries(paths: Paths) -> None:
    """Say so if a program cannot be loaded; apt itself needs the libraries that they need."""
    for name in _BINARIES:
        report = subprocess.run(
            ["ldd", str(binary(paths, name))], capture_output=True, text=True, check=False
        )
        for line in (report.stdout + report.stderr).splitlines():
            if "not found" in line:
                raise EngineError(
                    f"`{name}` does not run here, install what it needs: {line.strip()}"
                )
