"""Which configuration files count for a folder, unread."""

from __future__ import annotations

import os
from collections.abc import Iterable

from dockgate.linter.errors import UsageError

NAMES = (".dockgate.yaml", ".dockgate.yml")
HADOLINT_NAMES = (".hadolint.yaml", ".hadolint.yml")


def nearest(folder: str) -> list[str]:
    """The configuration files for what lies in `folder` (absolute), the nearest first.

    They are looked for upwards, as far as the repository's root; `.hadolint.yaml` counts, the
    nearest alone, where there is no `.dockgate.yaml`. Raises UsageError for one that is no file.
    """
    return _upwards(folder, NAMES) or _upwards(folder, HADOLINT_NAMES)[:1]


def _upwards(folder: str, names: Iterable[str]) -> list[str]:
    """The file of one of these names in the folder and in each above it, the nearest first."""
    found = []
    while True:
        for name in names:
            candidate = os.path.join(folder, name)
            if os.path.lexists(candidate):
                if os.path.exists(candidate) and not os.path.isfile(candidate):
                    raise UsageError(f"cannot read {candidate}: not a regular file")
                found.append(candidate)
                break
        parent = os.path.dirname(folder)
        if parent == folder or os.path.lexists(os.path.join(folder, ".git")):
            return found
        folder = parent
