"""dockgate against hadolint: whole processes, CPU time, on the same files."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from dockgate.linter.engine import SHELLCHECK
from dockgate.rules.registry import entries
from tests.bench import corpus
from tests.bench.measure import compare


def main(programs: Path) -> None:
    """One median file, first and again, and the corpus in the ways that one may ask for."""
    dockgate, hadolint = str(programs / "dockgate"), str(programs / "hadolint")
    every = ",".join(sorted(set(entries("dockerfile")) - {SHELLCHECK}))
    env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as cache:
        env["XDG_CACHE_HOME"] = cache
        files = corpus.write(Path(name))
        median = str(files[len(files) // 2])
        count, fresh = f"{len(files)} real files", ["--no-cache"]
        print("| lint | of | dockgate | hadolint | ratio |\n|---|---|---|---|---|")
        for what, options in (("", fresh), (", result in the cache", [])):
            one = compare(
                [dockgate, "lint", *options, median],
                [hadolint, median],
                runs=25,
                env=env,
                allowed=(0, 1),
            )
            print(one.row(f"one median real file{what}"))
        hundred = [str(file) for file in files[:: len(files) // 100][:100]]
        again = compare(
            [dockgate, "lint", "--exit-zero", *hundred], [hadolint, "--no-fail", *hundred],
            runs=3, env=env,
        )  # fmt: skip
        print(again.row("100 real files, results in the cache"))
        for what, unit, runs, options in (
            (f"{count}, --jobs 1", "cpu", 3, [*fresh, "--jobs", "1"]),
            (f"{count}, --jobs 2", "wall", 3, [*fresh, "--jobs", "2"]),
            (f"{count}, every rule on", "cpu", 2, [*fresh, "--select", every]),
            (
                f"{count}, every rule on and ShellCheck",
                "cpu",
                1,
                [*fresh, "--select", every, "--shellcheck"],
            ),
        ):
            everything = compare(
                [dockgate, "lint", "--exit-zero", *options, name],
                [hadolint, "--no-fail", *map(str, files)],
                runs=runs,
                env=env,
            )
            print(everything.row(what, unit))
            sys.stdout.flush()
