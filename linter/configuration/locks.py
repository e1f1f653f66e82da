"""Locks: rules that a configuration further out keeps its word on.

`locked: [root-user]` in the `.dockgate.yaml` of a repository's root: no comment ignores these
rules, and no configuration nearer to a Dockerfile switches them off or makes them less severe.
"""

from __future__ import annotations

from copy import copy

from dockgate.linter.config import Config, floors
from dockgate.linter.engine import Severities
from dockgate.linter.errors import UsageError

REASONS = "ignore-without-reason"  #: locked, it hands `require_reason` down too


def under(config: Config, outer: Config) -> Config:
    """`config` held to the locks of `outer`, both as they are for one file.

    Raises UsageError where it says of a locked rule what it may not.
    """
    names = outer.selection.locked
    locked = {n: least for n, least in floors(outer.selection, names).items() if least is not None}
    for severities in _said(config):
        for name, severity in severities.items():
            least = locked.get(name)
            if least is not None and (severity is None or severity < least):
                said = "off" if severity is None else severity.label
                raise UsageError(
                    f"{config.path}: {name} is {said} here, and {outer.path} has locked it at "
                    f"{least.label}: take it out"
                )
    both = dict(config.selection.locked)
    for name, least in locked.items():
        before = both.get(name)
        both[name] = least if before is None else max(before, least)
    settings = config.settings
    if REASONS in locked and outer.settings.require_reason and not settings.require_reason:
        settings = copy(settings)
        settings.require_reason = True
    return config.changed(selection=config.selection.changed(locked=both), settings=settings)


def _said(config: Config) -> list[Severities]:
    """All that the configuration says of severities for the file."""
    selection = config.selection
    return [
        selection.severities,
        *(level.severities for level in selection.stages),
        *(level.severities for level in selection.places),
    ]
