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
    """One median file, and the corpus by default, with every rule, and with ShellCheck."""
    dockgate, hadolint = str(programs / "dockgate"), str(programs / "hadolint")
    every = ",".join(sorted(set(entries("dockerfile")) - {SHELLCHECK}))
    env = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as name:
        files = corpus.write(Path(name))
        median = str(files[len(files) // 2])
        count = f"{len(files)} real files"
        print("| lint | of | dockgate | hadolint | ratio |\n|---|---|---|---|---|")
        one = compare([dockgate, "lint", median], [hadolint, median], runs=15, allowed=(0, 1))
        print(one.row("one median real file"))
        for what, runs, options in (
            (count, 3, []),
            (f"{count}, every rule on", 2, ["--select", every]),
            (f"{count}, every rule on and ShellCheck", 1, ["--select", every, "--shellcheck"]),
        ):
            everything = compare(
                [dockgate, "lint", "--exit-zero", *options, name],
                [hadolint, "--no-fail", *map(str, files)],
                runs=runs,
                env=env,
            )
            print(everything.row(what))
            sys.stdout.flush()
