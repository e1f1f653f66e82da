"""git, asked for names and blobs of a revision. It runs nothing of the repository.

Only plumbing that reads is used (rev-parse, merge-base, ls-tree, diff-index between trees,
cat-file): no hook, no filter, no text conversion, no monitor; and nothing is fetched.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from dockgate.linter.errors import UnfinishedError, UsageError
from dockgate.linter.files import MAX_DOCKERFILE_BYTES
from dockgate.rules.record import NamedTuple

GIT_SECONDS = 120  #: for one question
MAX_CONTENT = 1 << 30  #: bytes of all files of a run
MAX_RENAMES = 1000  #: new files that are compared with those that have gone
PATHS = 500  #: in one question
#: What of the caller's GIT_* git is to see: where it is installed, and the user's configuration.
KEPT = ("GIT_EXEC_PATH", "GIT_CONFIG")
#: No repository's configuration makes git run or fetch anything for what it is asked here.
SAFELY = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
SWITCHES = (
    *("--no-pager", "--no-optional-locks", "--literal-pathspecs"),
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
)
_FILE_MODES = ("100644", "100755", "100664")


class Blob(NamedTuple):
    """A file at the base."""

    oid: str
    path: str  #: below the top folder, as git has it


class Repository:
    """A working tree and the commit that it is compared with."""

    __slots__ = ("_blobs", "_renames", "base", "top")

    def __init__(self, top: str, revision: str) -> None:
        """Raises UsageError for a revision that is not known or shares no history with HEAD."""
        self.top = top
        asked = f"--diff-base {revision}"
        code, answer, _ = self._ask("rev-parse", "--verify", f"{revision}^{{commit}}")
        if code:
            raise UsageError(
                f"{asked}: no such revision in {top}: fetch it, or see 'git branch -a'"
            )
        code, answer, _ = self._ask("merge-base", answer.decode().strip(), "HEAD")
        if code:
            hint = "fetch more of it, in CI with a fetch depth of 0"
            raise UsageError(f"{asked}: no common history with HEAD in {top}: {hint}")
        self.base = answer.decode().split()[0]
        self._blobs: dict[str, Blob | None] = {}
        self._renames: dict[str, str] | None = None

    def blobs(self, paths: list[str]) -> list[Blob | None]:
        """The files at the base that are now at `paths` (absolute), under other names perhaps."""
        names = [os.path.relpath(path, self.top).replace(os.sep, "/") for path in paths]
        self._look_up([name for name in names if name not in self._blobs])
        return [self._blobs.get(name) for name in names]

    def contents(self, blobs: Iterable[Blob]) -> dict[str, bytes]:
        """What stands in them, by oid; those that cannot be a Dockerfile are left out."""
        oids = sorted({blob.oid for blob in blobs})
        rows = self._cat("--batch-check", oids).split(b"\n")
        sizes = {oid: _size(row) for oid, row in zip(oids, rows, strict=False)}
        small = [oid for oid in oids if sizes[oid] <= MAX_DOCKERFILE_BYTES]
        if sum(sizes[oid] for oid in small) > MAX_CONTENT:
            raise UnfinishedError(f"{self.top}: the files of {self.base[:12]} are too large in all")
        found, answer, at = {}, self._cat("--batch", small), 0
        for oid in small:
            end = answer.index(b"\n", at)
            size = _size(answer[at:end])
            found[oid] = answer[end + 1 : end + 1 + size]
            at = end + 2 + size
        return found

    def _cat(self, how: str, oids: list[str]) -> bytes:
        return self._answer("cat-file", how, stdin="".join(f"{oid}\n" for oid in oids).encode())

    def _look_up(self, names: list[str]) -> None:
        found: dict[str, Blob] = {}
        for start in range(0, len(names), PATHS):
            found |= self._listed(names[start : start + PATHS])
        renames = self._renamed() if len(found) < len(names) else {}
        before = {name: renames[name] for name in names if name not in found and name in renames}
        listed = self._listed(list(before.values())) if before else {}
        for name in names:
            self._blobs[name] = found.get(name) or listed.get(before.get(name, ""))

    def _listed(self, names: list[str]) -> dict[str, Blob]:
        answer = self._answer("ls-tree", "-z", "--full-tree", self.base, "--", *names)
        found = {}
        for row in os.fsdecode(answer).split("\0"):
            head, _, name = row.partition("\t")
            mode, _, rest = head.partition(" ")
            if mode in _FILE_MODES:
                found[name] = Blob(rest.rpartition(" ")[2], name)
        return {name: found[name] for name in names if name in found}

    def _renamed(self) -> dict[str, str]:
        """The base's name of each file that has been renamed since, as far as git knows of it."""
        if self._renames is None:
            answer = self._answer(
                *("diff-index", "--cached", "-z", "-M", f"-l{MAX_RENAMES}", "--diff-filter=R"),
                *("--name-status", "--no-ext-diff", "--no-textconv", self.base, "--"),
            )
            fields = os.fsdecode(answer).split("\0")
            self._renames = dict(zip(fields[2::3], fields[1::3], strict=False))
        return self._renames

    def _answer(self, *arguments: str, stdin: bytes = b"") -> bytes:
        code, answer, error = self._ask(*arguments, stdin=stdin)
        if code:
            reason = " ".join(error.decode("utf-8", "replace").split())[:200]
            raise UnfinishedError(f"git {arguments[0]} failed in {self.top}: {reason}")
        return answer

    def _ask(self, *arguments: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
        """Exit status, answer, error. Raises UsageError where git is missing."""
        import subprocess
        import tempfile

        known = {n: v for n, v in os.environ.items() if n[:4] != "GIT_" or n.startswith(KEPT)}
        with tempfile.TemporaryFile() as asked:
            asked.write(stdin)
            asked.seek(0)
            try:
                done = subprocess.run(  # noqa: S603
                    ["git", *SWITCHES, *arguments],  # noqa: S607
                    cwd=self.top,
                    env=known | SAFELY,
                    stdin=asked,
                    capture_output=True,
                    timeout=GIT_SECONDS,
                    check=False,
                )
            except OSError as error:
                why = f"git cannot be run: {error.strerror or error}: install it"
                raise UsageError(f"--diff-base: {why}") from None
            except subprocess.TimeoutExpired:
                why = f"git {arguments[0]} took more than {GIT_SECONDS} seconds"
                raise UnfinishedError(f"{why} in {self.top}") from None
        if b"dubious ownership" in done.stderr:
            raise UsageError(f"--diff-base: {self.top} is another user's: see git's safe.directory")
        return done.returncode, done.stdout, done.stderr


def _size(row: bytes) -> int:
    """The size in an answer of cat-file; of what is missing, more than is read."""
    found = re.fullmatch(rb"[0-9a-f]+ blob ([0-9]+)", row)
    return int(found[1]) if found else MAX_DOCKERFILE_BYTES + 1
