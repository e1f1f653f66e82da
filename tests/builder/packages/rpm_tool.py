"""Debian's rpm, which makes and reads the databases that the tests compare with.

It is that of one release wherever the tests run: its neighbours lack one of the three formats. So
it comes with its C library and is started by that library's own loader.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from tests.engine.errors import EngineError
from tests.engine.packages import Apt, own_lists, unpack
from tests.engine.paths import default_paths
from tests.tools import missing

SUITE = "trixie"
_PACKAGES = ("rpm", "rpm-common", "db5.3-util")
#: Raised when what is unpacked changes.
_FORMAT = "1"
_SECONDS = 120


class RpmTool:
    """The unpacked programs."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree
        self._loader = next(tree.glob("usr/lib/*/ld-linux*.so.*"))

    def run(
        self, program: str, *arguments: str | Path, home: Path, given: str | None = None
    ) -> str:
        """Standard output; any failure fails the test."""
        libraries = [
            str(folder) for folder in self._tree.glob("usr/lib/*-linux-gnu*") if folder.is_dir()
        ]
        command = [
            str(self._loader), "--library-path", ":".join(libraries), "--argv0", program,
            str(self._tree / "usr/bin" / program), *map(str, arguments),
        ]  # fmt: skip
        environment = {
            **os.environ, "RPM_CONFIGDIR": str(self._tree / "usr/lib/rpm"), "HOME": str(home),
            "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        done = subprocess.run(
            command, env=environment, input=given or "", text=True, capture_output=True,
            timeout=_SECONDS, check=False, cwd=home,
        )  # fmt: skip
        assert done.returncode == 0, f"{program} {arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def build(self, folder: Path, specs: Sequence[str]) -> list[Path]:
        """The packages of spec files, which have nothing in them."""
        folder.mkdir(parents=True)
        for number, spec in enumerate(specs):
            path = folder / f"{number}.spec"
            path.write_text(spec)
            self.run("rpmbuild", "-bb", "--define", f"_topdir {folder}/top", path, home=folder)
        return sorted((folder / "top" / "RPMS").rglob("*.rpm"))

    def install(self, database: Path, backend: str, packages: Sequence[Path]) -> None:
        """Enter packages into a database, which is made unless it is there."""
        database.mkdir(parents=True, exist_ok=True)
        self.run(
            "rpm", *_at(database, backend), "-i", "--justdb", "--nodeps", "--ignorearch",
            "--ignoreos", "--nosignature", *packages, home=database.parent,
        )  # fmt: skip

    def erase(self, database: Path, backend: str, *names: str) -> None:
        """Remove packages from a database."""
        options = (*_at(database, backend), "-e", "--justdb", "--nodeps")
        self.run("rpm", *options, *names, home=database.parent)

    def query(self, database: Path, backend: str, form: str) -> list[str]:
        """`rpm -qa` with a line of this form for each package, sorted."""
        options = (*_at(database, backend), "-qa", "--qf", form + "\\n")
        return sorted(self.run("rpm", *options, home=database.parent).splitlines())

    def berkeley(
        self, path: Path, headers: Sequence[bytes], page_size: int, order: int = 1234
    ) -> None:
        """A hash table of Berkeley DB as rpm up to 4.15 made it, of header blobs."""
        endian: Literal["little", "big"] = "little" if order == 1234 else "big"
        rows = [(0, (len(headers) + 1).to_bytes(4, endian)), *enumerate(headers, 1)]
        lines = ["VERSION=3", "format=bytevalue", "type=hash", f"db_pagesize={page_size}",
                 f"db_lorder={order}", "HEADER=END"]  # fmt: skip
        for number, blob in rows:
            lines += [f" {number.to_bytes(4, endian).hex()}", f" {blob.hex()}"]
        text = "\n".join([*lines, "DATA=END", ""])
        self.run("db5.3_load", path, home=path.parent, given=text)


def _at(database: Path, backend: str) -> tuple[str, ...]:
    return ("--dbpath", str(database), "--define", f"_db_backend {backend}")


@cache
def rpm_tool() -> RpmTool:
    """The tool; the test is skipped, or where all is required fails, when it cannot be had."""
    try:
        return RpmTool(_unpacked())
    except (EngineError, OSError, StopIteration) as error:
        raise missing(f"no rpm from Debian: {error}") from None


def _unpacked() -> Path:
    paths = default_paths()
    tree = paths.packages / f"rpm-{SUITE}"
    marker = tree.with_name(tree.name + ".ready")
    paths.packages.mkdir(parents=True, exist_ok=True)
    with tree.with_name(tree.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if marker.exists() and marker.read_text() == _FORMAT:
            return tree
        downloads = paths.packages / f"debs-rpm-{SUITE}"
        for stale in (tree, downloads):
            shutil.rmtree(stale, ignore_errors=True)
        own = Apt.of_machine(own_lists(paths))
        suite = own.of_suite(SUITE, paths.packages / "apt" / f"rpm-{SUITE}")
        needed = suite.closure(_PACKAGES)
        names = sorted(name for name in needed if name.startswith("lib") or name in _PACKAGES)
        unpack(suite.download(names, downloads), tree)
        shutil.rmtree(downloads)
        marker.write_text(_FORMAT)
    return tree
