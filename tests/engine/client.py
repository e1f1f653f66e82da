"""What a test sees of an engine."""

import contextlib
import os
import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .errors import EngineError
from .registry import Registry

_DOCKER_SECONDS = 60.0
_LISTINGS = 10


@dataclass(frozen=True)
class Engine:
    """A running engine, its client and the registry beside it."""

    docker: str
    """The absolute path of a docker client that has buildx."""
    host: str
    """DOCKER_HOST."""
    config: str
    """DOCKER_CONFIG, which holds the buildx plug-in."""
    registry: str
    """The registry's address, `127.0.0.1:PORT`."""

    @property
    def settings(self) -> dict[str, str]:
        """The environment variables that name the engine."""
        return {
            "DOCKER_HOST": self.host,
            "DOCKGATE_TEST_DOCKER": self.docker,
            "DOCKER_CONFIG": self.config,
            "DOCKGATE_TEST_REGISTRY": self.registry,
        }

    @property
    def env(self) -> dict[str, str]:
        """A whole environment for subprocesses, with the client first in PATH."""
        path = os.pathsep.join((str(Path(self.docker).parent), os.environ.get("PATH", os.defpath)))
        kept = {key: value for key, value in os.environ.items() if key != "DOCKER_CONTEXT"}
        return {**kept, **self.settings, "PATH": path}

    def lines(self) -> str:
        """The settings as a shell reads them."""
        return "".join(f"{key}={shlex.quote(text)}\n" for key, text in self.settings.items())

    def run(self, *words: str) -> str:
        """Run the docker client with these words; gives its standard output."""
        done = subprocess.run(
            [self.docker, *words], env=self.env, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=_DOCKER_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            raise EngineError(f"docker {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def images(self) -> set[tuple[str, str]]:
        """Every image of the engine as (repository:tag, id), dangling ones as `<none>:<none>`."""
        words = ("images", "--all", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
        for _ in range(_LISTINGS - 1):
            # The engine's own listing fails where an image goes while it is measured.
            with contextlib.suppress(EngineError):
                return _pairs(self.run(*words))
            time.sleep(0.1)
        return _pairs(self.run(*words))

    def registry_repositories(self) -> set[str]:
        """The names of the registry's repositories, the bases' included."""
        return set(Registry(self.registry).repositories())

    def registry_tags(self, repository: str) -> set[str]:
        """A repository's tags; empty if there is no such repository."""
        return set(Registry(self.registry).tags(repository))

    def manifest_digest(self, repository: str, tag: str) -> str | None:
        """The digest that a tag names in the registry, or None."""
        return Registry(self.registry).digest(repository, tag)


def _pairs(listed: str) -> set[tuple[str, str]]:
    return {(name, identity) for name, identity in map(str.split, listed.splitlines())}
