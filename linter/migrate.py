"""From hadolint to dockgate: its configuration files and its comments in Dockerfiles.

What `lint` finds is the same before and after. Nothing is written but by `write`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from dockgate.linter import config as configuration
from dockgate.linter import files
from dockgate.linter.config import HADOLINT_NAMES, NAMES
from dockgate.linter.discover import discover
from dockgate.linter.migration.change import Change
from dockgate.linter.run import MAX_DOCKERFILE_BYTES
from dockgate.rules.subjects.text import Text


class Migration:
    """What is to be done, what cannot be taken over, and what could not be finished."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.notes: list[str] = []  #: one line each
        self.failures: list[str] = []

    @property
    def diff(self) -> str:
        """All changes as one unified diff."""
        return "".join(change.diff for change in self.changes)

    def write(self) -> None:
        """Write every file that changes. Raises UsageError or UnfinishedError at the first fault.

        A file that has changed since it was read is left alone.
        """
        for change in self.changes:
            if change.before is None:
                files.create(change.path, change.after)
            else:
                files.replace(change.path, change.after, expected=change.before)


def plan(paths: Iterable[str]) -> Migration:
    """What moving would do to these files, and to all files of hadolint's below these folders.

    Raises UsageError for a path that cannot be read and a configuration that cannot be meant.
    """
    migration = Migration()
    found: dict[str, str] = {}  # each file once, whatever the paths have in common
    for path in paths:
        names = [path]
        if os.path.isdir(path):
            names = [*discover(path, HADOLINT_NAMES.__contains__), *discover(path)]
        for name in names:
            found.setdefault(os.path.abspath(name), name)
    for name in found.values():
        if os.path.basename(name) in HADOLINT_NAMES:
            _configuration(migration, name)
        else:
            _dockerfile(migration, name)
    return migration


def _configuration(migration: Migration, path: str) -> None:
    from dockgate.linter.migration import configuration as configurations

    folder = os.path.dirname(path)
    in_force = configuration.find(os.path.join(folder, "Dockerfile")).path
    if os.path.abspath(in_force) != os.path.abspath(path):
        shown = os.path.relpath(in_force)
        migration.notes.append(f"{path} is not read, for there is {shown}: left as it is")
        return
    target = os.path.join(folder, NAMES[0])
    text, notes = configurations.moved(path, target)
    migration.notes += notes
    shown_as = (Text("", target), Text(text, target))
    migration.changes.append(Change(target, None, text.encode(), shown_as))


def _dockerfile(migration: Migration, path: str) -> None:
    from dockgate.linter.migration import comments

    data = files.read(path, MAX_DOCKERFILE_BYTES)
    if b"hadolint" not in data:
        return
    change, notes, failures = comments.moved(data, path, configuration.find(path))
    if change is not None:
        migration.changes.append(change)
    migration.notes += notes
    migration.failures += failures
