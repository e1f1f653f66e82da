"""The gate against plain `docker buildx build`, on the tests' engine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.bench.corpus import ROOT
from tests.bench.measure import compare


def main(programs: Path) -> None:
    """A cached build and tag with the gate and without."""
    started = subprocess.run(
        [sys.executable, "-m", "tests.engine", "start"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    env = dict(os.environ)
    for line in started.stdout.splitlines():
        name, equals, value = line.removeprefix("export ").partition("=")
        if equals:
            env[name] = value.strip("'\"")
    docker = env.get("DOCKGATE_TEST_DOCKER", "docker")
    env["PATH"] = f"{Path(docker).parent}:{env['PATH']}"
    context = str(ROOT / "fixtures" / "build" / "accepted")
    both = compare(
        [str(programs / "dockgate"), "build", "-t", "bench/gate:1", context],
        [docker, "buildx", "build", "-t", "bench/plain:1", context],
        runs=5,
        env=env,
    )
    print("\n| build, cached | of | dockgate | docker buildx | ratio |\n|---|---|---|---|---|")
    print(both.row("lint, build, scan, tag", "wall"))
