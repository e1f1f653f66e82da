"""Baselines: the findings that a repository has accepted for now, in a file of its own.

A baseline says how often each finding may be there, by file, rule and fingerprint, never by line:

    {
    "version": 1,
    "findings": [
    {"file": "app/Dockerfile", "rule": "root-user", "fingerprint": "0f3b…", "count": 1}
    ]
    }

One finding a line, sorted, so that versions of it can be merged; paths are relative to its folder.
It holds no code and no secret. What is not in it is told, and so are failures: a file that could
not be finished is undecided whatever a baseline says.
"""

from __future__ import annotations

import json
import os
from typing import Any

from dockgate.linter import files
from dockgate.linter.batch import Options, config_for
from dockgate.linter.engine import SHELLCHECK, Severities, runs_shellcheck
from dockgate.linter.errors import UsageError
from dockgate.linter.fingerprint import DIGITS, Identity, Known, counted, leave_out
from dockgate.linter.report import FileReport, Report
from dockgate.rules import registry

VERSION = 1
MAX_BYTES = 16 << 20
MAX_COUNT = 1 << 30
NAMELESS = "<stdin>"  #: standard input without --stdin-filename
KEYS = ("file", "rule", "fingerprint", "count")


class Baseline:
    """The findings of a baseline file, by the files they are in."""

    __slots__ = ("folder", "known", "path")

    def __init__(self, path: str, known: dict[str, Known] | None = None) -> None:
        self.path = path  #: as it was named
        self.folder = os.path.dirname(os.path.realpath(path))
        self.known = known if known is not None else {}  #: by path as `name` has it

    def name(self, path: str) -> str:
        """A file's path relative to the baseline's folder, with `/`."""
        folder, name = os.path.split(os.path.abspath(path))
        whole = os.path.join(os.path.realpath(folder), name)
        return os.path.relpath(whole, self.folder).replace(os.sep, "/")

    def count(self) -> int:
        """How many findings it holds."""
        return sum(sum(known.values()) for known in self.known.values())

    def gone(self, name: str) -> bool:
        """Whether a file that it names is there no more."""
        return not os.path.lexists(os.path.join(self.folder, name))

    def take_out(self, findings: dict[str, Known]) -> None:
        """Take findings out, each as often as it says, and files that have none left."""
        for name, gone in findings.items():
            known = self.known.get(name, {})
            left = {one: count - gone.get(one, 0) for one, count in known.items()}
            self.known[name] = {one: count for one, count in left.items() if count > 0}
        self.known = {name: known for name, known in self.known.items() if known}

    def write(self) -> None:
        """Put it in its file. Raises UnfinishedError where that fails."""
        entries = [
            json.dumps(dict(zip(KEYS, (name, *one, count), strict=True)))
            for name, known in sorted(self.known.items())
            for one, count in sorted(known.items())
        ]
        body = "".join(f"\n{entry}," for entry in entries).removesuffix(",")
        text = f'{{\n"version": {VERSION},\n"findings": [{body}\n]\n}}\n'
        files.replace(self.path, text.encode())


def read(path: str, *, create: bool = False) -> Baseline:
    """The baseline in a file; with `create` an empty one where there is none.

    Raises UsageError, one line, for a file that is missing or is no baseline.
    """
    shown = _shown(path)
    try:
        with files.open_found(path) as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        if create and not os.path.islink(path):
            return Baseline(path)
        raise UsageError(f"baseline {shown}: no such file: make it with --write-baseline") from None
    except OSError as error:
        raise UsageError(f"cannot read baseline {shown}: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise UsageError(f"baseline {shown}: larger than {MAX_BYTES >> 20} MiB")
    try:
        return Baseline(path, _parsed(json.loads(data)))
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        hint = "mend it, or delete it and make it anew with --write-baseline"
        raise UsageError(f"baseline {shown}: {reason}: {hint}") from None


def _parsed(value: Any) -> dict[str, Known]:
    """Raises ValueError. What stands there twice, after a merge, counts once."""
    if not isinstance(value, dict) or set(value) != {"version", "findings"}:
        raise ValueError("no baseline of dockgate")
    if value["version"] != VERSION or isinstance(value["version"], bool):
        raise ValueError(f"version {json.dumps(value['version'])[:20]} is not known here")
    if not isinstance(value["findings"], list):
        raise ValueError("findings is no list")
    found: dict[str, Known] = {}
    for number, entry in enumerate(value["findings"], 1):
        if not isinstance(entry, dict) or set(entry) != set(KEYS):
            raise ValueError(f"finding {number} has not just {', '.join(KEYS)}")
        name, rule, fingerprint, count = (entry[key] for key in KEYS)
        if not all(isinstance(text, str) for text in (name, rule, fingerprint)):
            raise ValueError(f"finding {number}: file, rule and fingerprint are texts")
        if len(fingerprint) != DIGITS:
            raise ValueError(f"finding {number}: a fingerprint has {DIGITS} digits")
        if type(count) is not int or not 0 < count <= MAX_COUNT:
            raise ValueError(f"finding {number}: count is a number from 1")
        known = found.setdefault(name, {})
        one = Identity(rule, fingerprint)
        known[one] = max(count, known.get(one, 0))
    return found


class Baselines:
    """The baselines of a run, and what is to be done with them."""

    __slots__ = ("_file", "_options", "_prune", "_tell_stale", "_write")

    def __init__(
        self,
        options: Options,
        file: str = "",
        *,
        write: bool = False,
        prune: bool = False,
        tell_stale: bool = True,
    ) -> None:
        """`file`: for every Dockerfile, in place of those that the configurations name.

        `write`: put what is there today into the baselines; `prune`: take out what is there no
        longer; `tell_stale`: say how much that is. Raises UsageError where the file is not usable.
        """
        self._options = options
        self._file = file
        self._write = write
        self._prune = prune
        self._tell_stale = tell_stale
        if file:
            read(file, create=write)

    def apply(self, report: Report) -> list[str]:
        """Take what baselines know out of a report; gives notes, one line each.

        With `write` or `prune` the baselines are written first. Raises UsageError for a baseline
        that cannot be used.
        """
        if self._write and any(file.path == NAMELESS for file in report.files):
            raise UsageError("--write-baseline: standard input has no name: add --stdin-filename")
        groups: dict[str, list[FileReport]] = {}
        for file in report.files:
            path = self._file or config_for(self._options, file.path).baseline
            if path:
                groups.setdefault(path, []).append(file)
        if self._file:
            groups.setdefault(self._file, [])
        if not groups and (self._write or self._prune):
            raise UsageError("no baseline is named: add --baseline FILE")
        return [note for path, found in groups.items() for note in self._apply(path, found)]

    def _apply(self, path: str, reports: list[FileReport]) -> list[str]:
        baseline = read(path, create=self._write)
        before = baseline.count()
        stale = {name: known for name, known in baseline.known.items() if baseline.gone(name)}
        hidden = 0
        for file in reports:
            name, there = baseline.name(file.path), len(file.findings)
            locked = config_for(self._options, file.path).selection.locked
            known = baseline.known.get(name, {})
            if self._write:
                known = baseline.known[name] = self._renewed(file, known, locked)
            left = leave_out(file, known, locked)
            hidden += there - len(file.findings)
            stale[name] = {one: n for one, n in left.items() if self._judges(file, one.rule)}
        if self._write or self._prune:
            baseline.take_out(stale)
            baseline.write()
        return self._notes(baseline, before, hidden, sum(sum(k.values()) for k in stale.values()))

    def _notes(self, baseline: Baseline, before: int, hidden: int, stale: int) -> list[str]:
        path = _shown(baseline.path)
        if self._write:
            return [f"{_findings(baseline.count())} written to {path} (before: {before})"]
        notes = [f"{_findings(hidden)} left out: known to {path}"] if hidden else []
        if self._prune:
            notes.append(
                f"{_findings(stale, 'fixed ')} taken out of {path} (left: {baseline.count()})"
            )
        elif stale and self._tell_stale:
            notes.append(
                f"{_findings(stale)} of {path} fixed by now: --prune-baseline takes them out"
            )
        return notes

    def _renewed(self, file: FileReport, known: Known, locked: Severities) -> Known:
        """What the file has now, and what is known of it that this run could not see."""
        unseen = {one: count for one, count in known.items() if not self._judges(file, one.rule)}
        now = counted(file, locked)
        return now | {one: max(count, now.get(one, 0)) for one, count in unseen.items()}

    def _judges(self, file: FileReport, rule: str) -> bool:
        """Whether the run would have found what the rule finds in the file, were it there."""
        if file.failures:
            return False
        selection = config_for(self._options, file.path).selection
        entry = registry.find(rule)
        if entry is not None:
            seen = entry.subject != "context" or self._options.scope.context is not None
            return seen and selection.may_run(entry.rule)
        if rule[:2] != "SC":  # a rule that is no more
            return True
        names = {rule, SHELLCHECK}
        wanted = not selection.only or not selection.only.isdisjoint(names)
        return runs_shellcheck(selection) and wanted and selection.ignored.isdisjoint(names)


def _shown(path: str) -> str:
    """The path as it is read best from the current folder."""
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def _findings(count: int, kind: str = "") -> str:
    return f"{count} {kind}finding{'' if count == 1 else 's'}"
