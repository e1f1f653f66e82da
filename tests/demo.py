"""`make demo`: the main job on real input, command by command.

A lint, a build that is accepted, tagged and pushed, and a build that only the scan refuses: on a
real engine and registry, which are started where none runs for the tests yet.
"""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def engine() -> dict[str, str]:
    """The environment of the tests' engine; starts it. Exits with its message if it cannot."""
    print("Starting a private Docker engine and registry (the first time: about a minute) …")
    started = subprocess.run(
        [sys.executable, "-m", "tests.engine", "start"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if started.returncode:
        sys.exit(started.returncode)
    env = dict(os.environ)
    for line in started.stdout.splitlines():
        name, equals, value = line.removeprefix("export ").partition("=")
        if equals:
            env[name] = value.strip("'\"")
    folder = Path(env["DOCKGATE_TEST_DOCKER"]).parent
    programs = Path(sys.executable).parent
    env["PATH"] = f"{folder}:{programs}:{env['PATH']}"
    return env


def show(arguments: list[str], env: dict[str, str], *, expected: int) -> None:
    """Prints and runs a dockgate command; exits when its status is not the expected one."""
    print(f"\n$ dockgate {' '.join(arguments)}", flush=True)
    command = [str(Path(sys.executable).parent / "dockgate"), *arguments]
    status = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    print(f"(exit status {status})", flush=True)
    if status != expected:
        sys.exit(f"the demo expected exit status {expected}")


def main() -> None:
    """The three commands, and what the registry knows afterwards."""
    env = engine()
    registry = env["DOCKGATE_TEST_REGISTRY"]
    show(["lint", "fixtures/seeds/5.3.Dockerfile"], env, expected=1)
    for case, expected in (("accepted", 0), ("refused-by-scan", 1)):
        tag = f"{registry}/demo/{case}:1.0"
        show(["build", "--push", "-t", tag, f"fixtures/build/{case}"], env, expected=expected)
    with urllib.request.urlopen(f"http://{registry}/v2/_catalog", timeout=10) as answer:
        print(f"\nrepositories of the registry now: {answer.read().decode().strip()}")


if __name__ == "__main__":
    main()
