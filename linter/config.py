"""The configuration in force for a file. Light: pydantic and yaml load only for a file that exists.

`linter.config_file` reads `.dockgate.yaml`, `linter.hadolint_config` reads hadolint's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from dockgate.linter.engine import DEFAULT_SELECTION, Selection
from dockgate.linter.errors import UsageError
from dockgate.rules.rule import Severity
from dockgate.rules.settings import DEFAULT_SETTINGS, Settings

if TYPE_CHECKING:
    from dockgate.linter.configuration.config_file import ImageSecurityPolicy

NAMES = (".dockgate.yaml", ".dockgate.yml")
HADOLINT_NAMES = (".hadolint.yaml", ".hadolint.yml")
DEFAULT_FAIL_ON = Severity.WARNING

Severities = Mapping[str, Severity | None]


class Override:
    """Severities for the files below the configuration's folder that `matches` accepts."""

    __slots__ = ("matches", "severities")

    def __init__(self, matches: Callable[[str], bool], severities: Severities) -> None:
        self.matches = matches  #: takes a path relative to the configuration's folder, with `/`
        self.severities = severities


class Config:
    """What a user has decided. Immutable: `for_path` and `with_options` give new ones."""

    __slots__ = (
        "fail_on",
        "inline_ignores",
        "notes",
        "overrides",
        "path",
        "policy",
        "selection",
        "settings",
    )

    def __init__(
        self,
        *,
        selection: Selection = DEFAULT_SELECTION,
        settings: Settings = DEFAULT_SETTINGS,
        fail_on: Severity | None = DEFAULT_FAIL_ON,
        policy: ImageSecurityPolicy | None = None,
        inline_ignores: bool = True,
        overrides: tuple[Override, ...] = (),
        path: str = "",
        notes: tuple[str, ...] = (),
    ) -> None:
        self.selection = selection
        self.settings = settings
        self.fail_on = fail_on  #: None: findings never fail the run
        self.policy = policy  #: None when the file names none
        self.inline_ignores = inline_ignores  #: False: comments in the Dockerfile ignore nothing
        self.overrides = overrides
        self.path = path  #: the file it was read from, "" for the defaults
        self.notes = notes  #: what could not be taken over, one line each

    def for_path(self, path: str) -> Config:
        """This configuration with the overrides whose globs match the file `path`."""
        if not self.overrides:
            return self
        folder = os.path.dirname(os.path.abspath(self.path))
        relative = os.path.relpath(os.path.abspath(path), folder).replace(os.sep, "/")
        severities = dict(self.selection.severities)
        for override in self.overrides:
            if not relative.startswith("../") and override.matches(relative):
                severities.update(override.severities)
        return self._copy(_with(self.selection, severities=severities), self.fail_on)

    def with_options(
        self,
        *,
        select: frozenset[str] = frozenset(),
        ignore: frozenset[str] = frozenset(),
        fail_on: Severity | None = None,
    ) -> Config:
        """This configuration with what the command line says, which goes before the file."""
        if not (select or ignore or fail_on is not None):
            return self
        chosen = self.selection
        severities = {
            name: severity
            for name, severity in chosen.severities.items()
            if severity is not None or name not in select
        }
        selection = Selection(
            only=select or chosen.only, ignored=chosen.ignored | ignore, severities=severities
        )
        return self._copy(selection, self.fail_on if fail_on is None else fail_on)

    def _copy(self, selection: Selection, fail_on: Severity | None) -> Config:
        return Config(
            selection=selection,
            settings=self.settings,
            fail_on=fail_on,
            policy=self.policy,
            inline_ignores=self.inline_ignores,
            overrides=self.overrides,
            path=self.path,
            notes=self.notes,
        )


def _with(selection: Selection, *, severities: Severities) -> Selection:
    return Selection(only=selection.only, ignored=selection.ignored, severities=severities)


DEFAULT_CONFIG = Config()

_found: dict[str, Config] = {}
_read: dict[str, Config] = {}


def find(path: str) -> Config:
    """The configuration for the file `path`: the nearest upwards, as far as the repository's root.

    `.hadolint.yaml` counts where there is no `.dockgate.yaml`. Raises UsageError for a file that
    cannot be read or meant.
    """
    folder = os.path.dirname(os.path.abspath(path))
    config = _found.get(folder)
    if config is None:
        names = _nearest(folder, NAMES) or _nearest(folder, HADOLINT_NAMES)
        config = _found[folder] = read(names) if names else DEFAULT_CONFIG
    return config.for_path(path)


def read(path: str) -> Config:
    """The configuration in the file `path`. Raises UsageError (one line, with the line)."""
    key = os.path.abspath(path)
    if key not in _read:
        if os.path.basename(path) in HADOLINT_NAMES:
            from dockgate.linter.configuration.hadolint_config import read_file
        else:
            from dockgate.linter.configuration.config_file import read_file
        _read[key] = read_file(path)
    return _read[key]


def forget() -> None:
    """Read every file anew: for what lives longer than one run."""
    _found.clear()
    _read.clear()


def _nearest(folder: str, names: Iterable[str]) -> str:
    while True:
        for name in names:
            candidate = os.path.join(folder, name)
            if os.path.lexists(candidate):
                return candidate
        parent = os.path.dirname(folder)
        if parent == folder or os.path.lexists(os.path.join(folder, ".git")):
            return ""
        folder = parent


def rule_names(names: Iterable[str]) -> frozenset[str]:
    """The rules that names, aliases and comma lists of them mean.

    Raises UsageError that names the nearest known one.
    """
    from dockgate.rules.registry import named

    found: set[str] = set()
    for entry in names:
        for name in filter(None, (part.strip() for part in entry.split(","))):
            rules = named(name)
            if not rules:
                raise UsageError(f"unknown rule {name!r}{suggestion(name, known_names())}")
            found.update(rule.name for rule in rules)
    return frozenset(found)


def known_names() -> list[str]:
    """Every rule's name and aliases."""
    from dockgate.rules.registry import all_rules

    rules = all_rules().values()
    return sorted({name for rule in rules for name in (rule.name, *rule.aliases)})


def suggestion(word: str, known: Iterable[str]) -> str:
    """`: did you mean 'root-user'?`, "" when nothing known is near."""
    from difflib import get_close_matches

    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), by_lower, 1, 0.6)
    return f": did you mean {by_lower[near[0]]!r}?" if near else ""
