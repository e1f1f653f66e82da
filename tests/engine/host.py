"""The machine's own engine, used only where DOCKGATE_TEST_ENGINE=host asks for it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from .client import Engine
from .errors import EngineError


def wanted() -> bool:
    """Whether the environment asks for the machine's own engine."""
    return os.environ.get("DOCKGATE_TEST_ENGINE") == "host"


def engine(registry: str) -> Engine:
    """The machine's own engine, if it can do what the tests need."""
    docker = shutil.which("docker")
    if docker is None:
        raise EngineError("no docker client in PATH: unset DOCKGATE_TEST_ENGINE for a private one")
    if _output(docker, "buildx", "version") is None:
        raise EngineError(f"{docker} has no buildx: unset DOCKGATE_TEST_ENGINE for a private one")
    information = _output(docker, "info", "--format", "{{json .DriverStatus}}")
    if information is None:
        raise EngineError("no engine answers: set DOCKER_HOST, or unset DOCKGATE_TEST_ENGINE")
    if not any("io.containerd.snapshotter" in text for _, text in json.loads(information) or []):
        raise EngineError(
            "the engine lacks the containerd store: switch it on, or unset DOCKGATE_TEST_ENGINE"
        )
    return Engine(
        docker=docker,
        host=os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock",
        config=os.environ.get("DOCKER_CONFIG") or str(Path.home() / ".docker"),
        registry=registry,
    )


def _output(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30.0, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout
