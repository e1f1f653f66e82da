"""What a change brought: the findings that were not there yet at another revision of git.

Both sides are linted whole and compared by what findings are known by, so that a finding far from
the changed lines is told if the change caused it, and an old one on a moved line is not. The
configuration of today holds for both.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import new as hash_of

from dockgate.linter import files
from dockgate.linter.batch import STDIN, Options, config_for
from dockgate.linter.errors import UsageError
from dockgate.linter.files import MAX_DOCKERFILE_BYTES
from dockgate.linter.fingerprint import counted, leave_out
from dockgate.linter.git import Blob, Repository
from dockgate.linter.report import FileReport, Report
from dockgate.linter.work import Source, results
from dockgate.rules.finding import Finding
from dockgate.rules.subjects.text import Text


class Changes:
    """What has come since a revision, in the repositories that the paths of a run are in."""

    __slots__ = ("_options", "_repositories", "_tops", "revision")

    def __init__(self, revision: str, paths: Iterable[str], options: Options) -> None:
        """Raises UsageError for what cannot be compared, before anything is linted."""
        if not revision or revision.startswith("-"):
            raise UsageError(f"--diff-base {revision}: no revision of git")
        if options.scope.context is not None:
            raise UsageError("--diff-base compares Dockerfiles, not contexts: leave out --context")
        self.revision = revision
        self._options = options
        self._tops: dict[str, str] = {}
        self._repositories: dict[str, Repository] = {}
        for path in paths:
            if path == STDIN and not options.stdin_filename:
                raise UsageError("--diff-base: standard input has no name: add --stdin-filename")
            named = options.stdin_filename if path == STDIN else path
            folder = named if os.path.isdir(named) else os.path.dirname(named)
            top = self._top(os.path.realpath(folder))
            if not top:
                raise UsageError(f"--diff-base: {named} is in no repository of git")
            if top not in self._repositories:
                self._repositories[top] = Repository(top, revision)

    def among(self, found: list[str]) -> list[str]:
        """Those of the files found in a folder that are not as they were.

        What is in a repository within the repository is left out: its history is another one.
        """
        changed = []
        for top, paths in self._by_repository(found).items():
            for path, blob in zip(paths, self._repositories[top].blobs(_real(paths)), strict=True):
                if blob is None or not _holds(path, blob):
                    changed.append(path)
        wanted = set(changed)
        return [path for path in found if path in wanted]

    def apply(self, report: Report) -> list[str]:
        """Take what was there before out of a report; gives notes, one line each."""
        reports = {file.path: file for file in report.files}
        before = sum(len(file.findings) for file in report.files)
        for top, paths in self._by_repository(reports).items():
            repository = self._repositories[top]
            blobs = dict(zip(paths, repository.blobs(_real(paths)), strict=True))
            known = {path: blob for path, blob in blobs.items() if blob is not None}
            contents = repository.contents(known.values())
            old = [path for path, blob in known.items() if blob.oid in contents]
            self._compare([(reports[path], contents[known[path].oid]) for path in old])
        hidden = before - sum(len(file.findings) for file in report.files)
        if not hidden:
            return []
        noun = "finding" if hidden == 1 else "findings"
        return [f"{hidden} {noun} left out: there at {self.revision} already"]

    def _compare(self, pairs: list[tuple[FileReport, bytes]]) -> None:
        """Take what the former content of each file has out of its report."""
        configs = [config_for(self._options, file.path) for file, _ in pairs]
        sources = [
            Source(file.path, config, data)
            for (file, data), config in zip(pairs, configs, strict=True)
        ]
        before = results(sources, self._options.scope)
        for (file, _), config, result in zip(pairs, configs, before, strict=True):
            old, locked = result.report, config.selection.locked
            leave_out(file, counted(old, locked), locked, _Unchanged(old.text, file.text))

    def _by_repository(self, paths: Iterable[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in paths:
            top = self._top(os.path.dirname(os.path.realpath(path)))
            if top in self._repositories:
                found.setdefault(top, []).append(path)
        return found

    def _top(self, folder: str) -> str:
        """The top of the working tree that a folder is in, "" for none."""
        if folder not in self._tops:
            if os.path.lexists(os.path.join(folder, ".git")):
                self._tops[folder] = folder
            else:
                parent = os.path.dirname(folder)
                self._tops[folder] = "" if parent == folder else self._top(parent)
        return self._tops[folder]


class _Unchanged:
    """Which findings stand before the first or behind the last line that differs.

    Of equal findings that are more than they were, those on other lines are the new ones.
    """

    __slots__ = ("_behind", "_first")

    def __init__(self, before: Text, now: Text) -> None:
        old, new = before.text.split("\n"), now.text.split("\n")
        shorter = min(len(old), len(new))
        first = next((i for i in range(shorter) if old[i] != new[i]), shorter)
        room = shorter - first
        last = next((i for i in range(room) if old[-1 - i] != new[-1 - i]), room)
        self._first = now.starts[first] if first < len(new) else len(now.text) + 1
        self._behind = now.starts[len(new) - last] if last else len(now.text) + 1

    def __call__(self, finding: Finding) -> bool:
        if finding.span is None:
            return True
        return finding.span.start < self._first or finding.span.start >= self._behind


def _real(paths: Iterable[str]) -> list[str]:
    return [os.path.realpath(path) for path in paths]


def _holds(path: str, blob: Blob) -> bool:
    """Whether the file has just the blob's content; one that cannot be read has not."""
    try:
        with files.open_found(path) as file:
            data = file.read(MAX_DOCKERFILE_BYTES + 1)
    except OSError:
        return False
    digest = hash_of("sha256" if len(blob.oid) == 64 else "sha1", usedforsecurity=False)
    digest.update(b"blob %d\0" % len(data) + data)
    return digest.hexdigest() == blob.oid
