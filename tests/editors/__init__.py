"""dockgate in real editors, and in the tools that stand between an editor and a linter."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "editors"
# The `dockgate` of the environment that runs the tests comes first, as a user's would.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

assert shutil.which("dockgate", path=PATH), "dockgate is not installed beside this Python"

#: Every severity, a fix that is safe, and places after characters of two and of four bytes.
SOURCE = """\
FROM debian
ENV GREETING é😀 you
RUN echo é😀; sudo id
label a=b
CMD ls -l
"""
#: A finding of it, the title of its fix, and what that makes of the file.
RULE = "legacy-key-value"
TITLE = "write ENV GREETING=…"
FIXED = SOURCE.replace("GREETING é😀 you", 'GREETING="é😀 you"')


def dockerfile(folder: Path, source: str = SOURCE) -> Path:
    """A Dockerfile in a repository of its own."""
    (folder / ".git").mkdir(parents=True)
    path = folder / "Dockerfile"
    path.write_text(source)
    return path


def findings(file: Path) -> list[dict[str, Any]]:
    """What `dockgate lint` says of a file: what an editor has to show of it."""
    done = subprocess.run(
        ["dockgate", "lint", "--format", "json", "--exit-zero", file.name],
        cwd=file.parent, env={**os.environ, "PATH": PATH}, check=True, capture_output=True,
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(done.stdout)["diagnostics"]
    return found
