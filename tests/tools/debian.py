"""Programs from Debian packages: downloaded with apt, unpacked into a cache, not installed.

`program("neovim", "usr/bin/nvim").run([...])` runs one. It needs no root. The packages' own scripts
are not run, so a program that looks for its files under /usr is told in variables where they are.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from tests.engine.errors import EngineError
from tests.engine.packages import Apt, Release, fetch_native, unpack
from tests.engine.paths import default_paths
from tests.tools import missing

# Raised when what is unpacked changes: a cache of another number is made again.
CACHE_FORMAT = "1"
# What every machine with apt has; from another release they would not even load.
_BASE = ("apt", "libc6")
# Dependencies that do nothing for a program that is only unpacked, and are large.
_LEFT_OUT = (
    "*-dev", "*-dev-bin", "adwaita-icon-theme", "binutils*", "dbus*", "dh-*", "emacsen-common",
    "javascript-common", "libasan*", "libgl1-mesa-dri", "libgprofng*", "libllvm*", "liblsan*",
    "libpam*", "libperl*", "libtsan*", "libubsan*", "libz3-*", "mount", "perl*", "procps",
    "systemd*", "sysvinit-*", "usrmerge", "xdg-utils",
)  # fmt: skip


@dataclass(frozen=True)
class Program:
    """An unpacked program, with the variables that it needs to run from where it is."""

    path: Path
    tree: Path  #: the folder that its packages are unpacked in, in place of `/`
    variables: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()  #: those that it needs before the caller's

    @property
    def command(self) -> list[str]:
        """The program with the arguments that it needs from where it is."""
        return [str(self.path), *self.arguments]

    @property
    def environment(self) -> dict[str, str]:
        """This process' environment with the program's variables."""
        return {**os.environ, **self.variables}

    def run(
        self, arguments: Sequence[str | Path], **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end with its output as text; options are those of `subprocess.run`."""
        variables = {**self.environment, **options.pop("env", {})}
        defaults = {"text": True, "capture_output": True, "timeout": 60, "check": False}
        if "input" not in options:
            defaults["stdin"] = subprocess.DEVNULL
        command = [*self.command, *map(str, arguments)]
        return subprocess.run(command, env=variables, **{**defaults, **options})


def program(package: str, path: str, *more: str) -> Program:
    """A package's program, by its path below `/`; more packages are unpacked beside it.

    Where it cannot be had the test is skipped, or fails where everything is required.
    """
    try:
        return _program([package, *more], path)
    except (EngineError, OSError) as error:
        raise missing(f"no {path} from Debian: {error}") from None


def _program(names: Sequence[str], path: str) -> Program:
    tree = _unpacked(names)
    variables = {"LD_LIBRARY_PATH": str(_libraries(tree))}
    for package, more in _RELOCATED.items():
        if package in names:
            variables |= more(tree)
    arguments = _emacs_arguments(tree) if "emacs-nox" in names else ()
    found = Program(tree / path, tree, variables, arguments)
    if not found.path.exists():
        raise EngineError(f"the packages {' '.join(names)} hold no {path}")
    return found


def _unpacked(names: Sequence[str]) -> Path:
    """The folder with the packages and what they need, made unless it is there."""
    folder = default_paths().packages / "debian"
    folder.mkdir(parents=True, exist_ok=True)
    tree = folder / "+".join(sorted(names))
    marker = tree.with_name(tree.name + ".ready")
    wanted = f"{CACHE_FORMAT} {Release.of_machine().codename}"

    def is_ready() -> bool:
        return marker.exists() and marker.read_text() == wanted

    if is_ready():
        return tree
    with _locked(folder / "lock"):
        if is_ready():  # another run has made it meanwhile
            return tree
        marker.unlink(missing_ok=True)
        downloads = folder / "downloads"
        for stale in (tree, downloads):
            shutil.rmtree(stale, ignore_errors=True)
        apt = Apt.of_machine(folder / "apt")
        unpack(fetch_native(apt, _needed(apt, names), downloads), tree)
        shutil.rmtree(downloads)
        _link_libraries(tree)
        _check(tree)
        marker.write_text(wanted)
    return tree


def _needed(apt: Apt, names: Sequence[str]) -> list[str]:
    """The packages to unpack: the closure less what the machine has and what is of no use."""
    left = apt.closure(names) - apt.closure(_BASE) | set(names)
    return sorted(
        name
        for name in left
        if name in names or not any(fnmatch(name, pattern) for pattern in _LEFT_OUT)
    )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a file's lock, which ends with the process if not before."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _libraries(tree: Path) -> Path:
    return tree / "libraries"


def _link_libraries(tree: Path) -> None:
    """Gather the shared libraries that the machine lacks.

    A program's children inherit LD_LIBRARY_PATH: with these alone they load no other library than
    they would have loaded without it.
    """
    known = _known_libraries()
    folder = _libraries(tree)
    folder.mkdir()
    for pattern in ("usr/lib/*-linux-gnu*/", "lib/*-linux-gnu*/"):
        for file in sorted([*tree.glob(f"{pattern}*.so*"), *tree.glob(f"{pattern}*/*.so*")]):
            link = folder / file.name
            if file.name not in known and not link.is_symlink():
                link.symlink_to(file.resolve())


def _known_libraries() -> set[str]:
    """The names that the machine's dynamic linker finds."""
    tool = shutil.which("ldconfig") or "/sbin/ldconfig"
    listed = subprocess.run([tool, "-p"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"(?m)^\s+(\S+) \(", listed))


def _check(tree: Path) -> None:
    """Say so if a program lacks a library: something that it needs was left out."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(_libraries(tree)), "LC_ALL": "C"}
    for file in [*tree.glob("usr/bin/*"), *tree.glob("usr/lib/chromium/chromium")]:
        if file.is_symlink() or not file.is_file() or file.open("rb").read(4) != b"\x7fELF":
            continue
        report = subprocess.run(
            ["ldd", str(file)], capture_output=True, text=True, check=False, env=environment
        )
        for line in report.stdout.splitlines():
            if "not found" in line:
                raise EngineError(f"`{file.name}` lacks a library: {line.strip()}")


def _neovim(tree: Path) -> dict[str, str]:
    return {"VIMRUNTIME": str(tree / "usr/share/nvim/runtime")}


def _vim(tree: Path) -> dict[str, str]:
    return {"VIMRUNTIME": str(next((tree / "usr/share/vim").glob("vim[0-9]*")))}


def _emacs(tree: Path) -> dict[str, str]:
    share = next((tree / "usr/share/emacs").glob("[0-9]*"))
    lisp = share / "lisp"
    folders = [lisp, *sorted(folder for folder in lisp.rglob("*") if folder.is_dir())]
    # Lisp packages are compiled where they are installed; from their sources they work as well.
    packages = sorted((tree / "usr/share/emacs/site-lisp/elpa-src").glob("*"))
    return {
        "EMACSLOADPATH": os.pathsep.join(map(str, [*packages, *folders])),
        "EMACSDATA": str(share / "etc"),
        "EMACSDOC": str(share / "etc"),
        "EMACSPATH": str(next((tree / "usr/libexec/emacs" / share.name).glob("*"))),
    }


def _emacs_arguments(tree: Path) -> tuple[str, ...]:
    return ("--dump-file", str(next((tree / "usr/libexec/emacs").glob("*/*/emacs.pdmp"))))


def _fonts(tree: Path) -> dict[str, str]:
    """A fontconfig of the unpacked fonts, for a machine that may have none."""
    configuration = tree / "fonts.conf"
    if not configuration.exists():
        configuration.write_text(
            '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
            f"  <dir>{tree / 'usr/share/fonts'}</dir>\n"
            f"  <cachedir>{tree / 'font-cache'}</cachedir>\n</fontconfig>\n"
        )
    return {"FONTCONFIG_FILE": str(configuration)}


# What programs have to be told when they are not where their package puts them.
_RELOCATED: dict[str, Callable[[Path], dict[str, str]]] = {
    "neovim": _neovim,
    "vim": _vim,
    "emacs-nox": _emacs,
    "chromium": _fonts,
}
