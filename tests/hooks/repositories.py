"""git repositories for the tests of the hooks: a clone of this one, and one that uses it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
#: What an installation from a clone needs.
INSTALLED = (
    *("dockgate/", "builder/", "linter/", "rules/", "pyproject.toml", "setup.py"),
    *("README.md", "LICENSE", ".pre-commit-hooks.yaml"),
)
IDENTITY = {
    "GIT_AUTHOR_NAME": "tests",
    "GIT_AUTHOR_EMAIL": "tests@localhost",
    "GIT_COMMITTER_NAME": "tests",
    "GIT_COMMITTER_EMAIL": "tests@localhost",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def git(folder: Path, *words: str) -> str:
    """Run git in `folder`; gives its output."""
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *words],
        cwd=folder,
        env={**os.environ, **IDENTITY},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def commit(folder: Path) -> str:
    """Commit all of `folder` as a repository of its own; gives the commit."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "all")
    return git(folder, "rev-parse", "HEAD").strip()


def clone(folder: Path) -> Path:
    """This repository as a clone of it would be, with what is not yet committed: in `folder`."""
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in listed:
        source, target = ROOT / name, folder / name
        if not name.startswith(INSTALLED) or not os.path.lexists(source):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(os.readlink(source))
        else:
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode)
    commit(folder)
    return folder


def pre_commit(
    *words: str | Path, cwd: Path, home: Path, find_links: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run pre-commit with a store of its own; pip looks for packages in `find_links` too."""
    links = {"PIP_FIND_LINKS": str(find_links)} if find_links is not None else {}
    cleared = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "PYTHONPATH", "SKIP")
    kept = {key: value for key, value in os.environ.items() if key not in cleared}
    return subprocess.run(
        [PROGRAMS / "pre-commit", *words],
        cwd=cwd,
        env={
            **kept,
            **IDENTITY,
            "PRE_COMMIT_HOME": str(home),
            "PRE_COMMIT_COLOR": "never",
            **links,
        },
        capture_output=True,
        text=True,
        check=False,
    )
