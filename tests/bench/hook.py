"""The pre-commit hook over 100 real Dockerfiles, the second time: what a commit costs.

pre-commit itself runs, from a clone. Beside it stands the same run of a hook that does nothing, so
that what is dockgate's own can be told from pre-commit's.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

from tests.bench import measure
from tests.bench.corpus import real_files
from tests.hooks.repositories import IDENTITY, PROGRAMS, clone, commit, git, pre_commit

FILES = 100
RUNS = 5
NOTHING = """\
  - repo: local
    hooks: [{id: nothing, name: nothing, entry: "true", language: system, pass_filenames: false}]
"""


def main() -> None:
    """Prints the CPU of a whole `pre-commit run`, with dockgate and with nothing to do."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = clone(folder / "clone")
        revision = git(source, "rev-parse", "HEAD").strip()
        used = folder / "used"
        found = real_files()
        for number, file in enumerate(found[:: len(found) // FILES][:FILES]):  # of every size
            path = used / str(number) / "Dockerfile"
            path.parent.mkdir(parents=True)
            path.write_bytes(file.data)
        config = used / ".pre-commit-config.yaml"
        hook = (
            f"repos:\n  - repo: {source}\n    rev: {revision}\n    hooks: [{{id: dockgate-lint}}]\n"
        )
        config.write_text(hook)
        commit(used)
        home = folder / "home"
        pre_commit("run", "--all-files", cwd=used, home=home)  # installs it, and fills its cache
        print(f"| pre-commit run, {FILES} real files, again | unit | time |")
        print("|---|---|---|")
        print(f"| with dockgate-lint | cpu | {cost(used, home) * 1000:.0f} ms |")
        config.write_text("repos:\n" + NOTHING)
        git(used, "add", ".")
        print(f"| with a hook that does nothing | cpu | {cost(used, home) * 1000:.0f} ms |")


def cost(used: Path, home: Path) -> float:
    """The median CPU time of `pre-commit run --all-files` in seconds, its children included."""
    command = [sys.executable, "-c", "import os, sys; os.chdir(sys.argv[1]); "
               "os.execv(sys.argv[2], sys.argv[2:])",
               str(used), str(PROGRAMS / "pre-commit"), "run", "--all-files"]  # fmt: skip
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    env = {**kept, **IDENTITY, "PRE_COMMIT_HOME": str(home)}
    runs = [measure.run(command, env=env, allowed=(0, 1)).cpu for _ in range(RUNS)]
    return statistics.median(runs)


if __name__ == "__main__":
    main()
