"""Running the real command against a real engine, as a user would."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.engine.client import Engine

FIXTURES = Path(__file__).parents[2] / "fixtures" / "build"
SECONDS = 120.0
COMMAND = [sys.executable, "-m", "dockgate"]


@dataclass
class Result:
    """What a run has printed and how it ended."""

    exit: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The report."""
        return json.loads(self.out)


@dataclass
class Gate:
    """dockgate beside one engine, with a temporary directory of its own."""

    engine: Engine
    temporary: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """The environment of a run."""
        cache = str(self.temporary.parent / "cache")
        return {**self.engine.env, "TMPDIR": str(self.temporary), "XDG_CACHE_HOME": cache,
                **self.extra}  # fmt: skip

    def __call__(self, *words: str | Path, cwd: Path = FIXTURES) -> Result:
        """Run dockgate with these words."""
        done = subprocess.run(
            [*COMMAND, *map(str, words)], env=self.env, cwd=cwd, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *words: str | Path, cwd: Path = FIXTURES) -> subprocess.Popen[str]:
        """Start dockgate with these words."""
        return subprocess.Popen(
            [*COMMAND, *map(str, words)], env=self.env, cwd=cwd, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def id_of(self, name: str) -> str:
        """The engine's id of a name."""
        return self.engine.run("image", "inspect", "--format", "{{.Id}}", name).strip()

    @contextmanager
    def nothing_new(self, *repositories: str) -> Iterator[None]:
        """Whatever happens within: no name, no dangling image, no file is left behind."""
        images = self.engine.images()
        known = self.engine.registry_repositories()
        tags = {name: self.engine.registry_tags(name) for name in repositories}
        yield
        assert self.engine.images() == images
        assert self.engine.registry_repositories() == known
        assert {name: self.engine.registry_tags(name) for name in repositories} == tags
        assert list(self.temporary.iterdir()) == []

    def remove(self, *names: str) -> None:
        """Take names away again that a test has made."""
        for name in names:
            self.engine.run("image", "rm", name)
