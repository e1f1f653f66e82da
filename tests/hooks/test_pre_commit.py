"""pre-commit itself runs the hooks: from a clone with try-repo, and as `dockgate init` writes them.

Each installs dockgate and what it needs, as a user's first commit does; they do so side by side.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.command import dockgate
from tests.hooks.repositories import clone, commit, git, pre_commit

GOOD = 'FROM scratch\nCOPY app /\nUSER 10001\nHEALTHCHECK NONE\nENTRYPOINT ["/app"]\n'
BAD = 'FROM debian:latest\nMAINTAINER me\nUSER 10001\nHEALTHCHECK NONE\nENTRYPOINT ["/app"]\n'
FIXABLE = GOOD.replace("ENTRYPOINT", "entrypoint")


class Ran(NamedTuple):
    """What pre-commit said, and the repository that it ran in."""

    code: int
    out: str
    folder: Path


def repository(folder: Path, files: dict[str, str]) -> Path:
    """A git repository with these files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    commit(folder)
    return folder


def try_repo(folder: Path, source: Path, files: dict[str, str]) -> Ran:
    """`pre-commit try-repo` with every hook of `source` over all files of a new repository."""
    used = repository(folder / "used", files)
    words = ("try-repo", source, "--all-files", "--verbose")
    done = pre_commit(*words, cwd=used, home=folder / "home")
    return Ran(done.returncode, done.stdout + done.stderr, used)


def initialised(folder: Path, source: Path) -> Path:
    """A repository with what `dockgate init pre-commit` writes, its environment installed."""
    wheels = folder / "wheels"
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(wheels), str(source)]
    subprocess.run(pip, check=True, capture_output=True)
    used = repository(folder / "used", {"Dockerfile": GOOD, "README": ""})
    assert dockgate("init", "pre-commit", cwd=used).code == 0
    git(used, "add", ".")
    done = pre_commit("install-hooks", cwd=used, home=folder / "home", find_links=wheels)
    assert done.returncode == 0, done.stdout + done.stderr
    return used


class Installs(NamedTuple):
    """The three installations under way."""

    passing: Future[Ran]
    failing: Future[Ran]
    initialised: Future[Path]


@pytest.fixture(scope="module")
def installs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installs]:
    root = tmp_path_factory.mktemp("hooks")
    source = clone(root / "clone")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield Installs(
            pool.submit(try_repo, root / "passing", source, {"app/dockerfile": GOOD, "x": "FROM"}),
            pool.submit(try_repo, root / "failing", source,
                        {"Dockerfile": BAD, "a b/x.Dockerfile": FIXABLE, "Containerfile": GOOD,
                         "Dockerfile.dockerignore": "*\n"}),
            pool.submit(initialised, root / "initialised", source),
        )  # fmt: skip


def test_try_repo_passes(installs: Installs) -> None:
    ran = installs.passing.result()
    assert ran.code == 0, ran.out
    for name in ("dockgate lint.", "dockgate lint --fix."):
        assert any(line.startswith(name) and line.endswith("Passed") for line in lines(ran))
    assert (ran.folder / "app/dockerfile").read_text() == GOOD


def test_try_repo_fails(installs: Installs) -> None:
    ran = installs.failing.result()
    assert ran.code == 1, ran.out
    for name in ("dockgate lint.", "dockgate lint --fix."):
        assert any(line.startswith(name) and line.endswith("Failed") for line in lines(ran))
    found = {line.split(":")[0] for line in lines(ran) if " error " in line or " style " in line}
    assert "Dockerfile" in found
    assert "Containerfile" not in found
    assert not any("dockerignore" in line for line in lines(ran))
    assert "Traceback" not in ran.out


def test_the_fix_hook_mends_the_file(installs: Installs) -> None:
    ran = installs.failing.result()
    assert "files were modified by this hook" in ran.out
    assert (ran.folder / "a b/x.Dockerfile").read_text() == GOOD
    assert "MAINTAINER" not in (ran.folder / "Dockerfile").read_text()


def lines(ran: Ran) -> list[str]:
    return ran.out.splitlines()


def test_what_init_writes_looks_at_what_changed(installs: Installs) -> None:
    used = installs.initialised.result()
    home = used.parent / "home"

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return pre_commit("run", *words, cwd=used, home=home)

    (used / "old").mkdir()
    (used / "old/Dockerfile").write_text(BAD)
    git(used, "add", ".")
    assert run().returncode == 1
    git(used, "commit", "--quiet", "--no-verify", "--message", "old")
    (used / "README").write_text("more")
    git(used, "add", ".")
    done = run()
    assert done.returncode == 0, done.stdout
    assert "Skipped" in done.stdout
    (used / "Dockerfile").write_text(GOOD + "# more\n")
    git(used, "add", ".")
    done = run()
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout
    assert "old/Dockerfile:1:6 error unpinned-base" in run("--all-files").stdout
