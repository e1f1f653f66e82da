"""The configuration in force for a file. Light: pydantic and yaml load only for a file that exists.

`configuration.config_file` reads `.dockgate.yaml`, `configuration.hadolint_config` hadolint's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from dockgate.linter.configuration.nearest import HADOLINT_NAMES as HADOLINT_NAMES
from dockgate.linter.configuration.nearest import NAMES as NAMES
from dockgate.linter.configuration.nearest import nearest
from dockgate.linter.engine import (
    DEFAULT_SELECTION,
    SHELLCHECK,
    LevelsAt,
    Selection,
    Severities,
)
from dockgate.linter.errors import UsageError
from dockgate.rules.rule import Severity
from dockgate.rules.settings import DEFAULT_SETTINGS, Settings

if TYPE_CHECKING:
    from dockgate.linter.configuration.config_file import ImageSecurityPolicy
    from dockgate.rules.subjects.dockerfile import Stage

DEFAULT_FAIL_ON = Severity.WARNING


class Override:
    """Severities for some files, for some stages of them, or for some places in images."""

    __slots__ = ("in_images", "matches", "severities", "stages")

    def __init__(
        self,
        matches: Callable[[str], bool] | None,
        severities: Severities,
        stages: Callable[[Stage], bool] | None = None,
        in_images: Callable[[str], bool] | None = None,
    ) -> None:
        #: takes a path relative to the configuration's folder, with `/`; None: every file
        self.matches = matches
        self.severities = severities
        self.stages = stages  #: None: the whole file
        #: takes a path in an image, without the first `/`; None: it is about Dockerfiles
        self.in_images = in_images


class Config:
    """What a user has decided. Immutable: `for_path` and `with_options` give new ones."""

    __slots__ = (
        "baseline",
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
        baseline: str = "",
    ) -> None:
        self.selection = selection
        self.settings = settings
        self.fail_on = fail_on  #: None: findings never fail the run
        self.policy = policy  #: None when the file names none
        self.inline_ignores = inline_ignores  #: False: comments in the Dockerfile ignore nothing
        self.overrides = overrides
        self.path = path  #: the file it was read from, "" for the defaults
        self.notes = notes  #: what could not be taken over, one line each
        self.baseline = baseline  #: a file of accepted findings; "" for none

    def for_path(self, path: str) -> Config:
        """This configuration with the overrides that mean the file `path`, the last one first."""
        if not self.overrides:
            return self
        folder = os.path.dirname(os.path.abspath(self.path))
        relative = os.path.relpath(os.path.abspath(path), folder).replace(os.sep, "/")
        inside = not relative.startswith("../")
        severities = dict(self.selection.severities)
        stages: list[LevelsAt] = []
        places: list[LevelsAt] = []
        for override in self.overrides:
            if override.in_images is not None:
                places.append(LevelsAt(override.in_images, override.severities))
                continue
            if override.matches is not None and not (inside and override.matches(relative)):
                continue
            if override.stages is not None:
                stages.append(LevelsAt(override.stages, override.severities))
                continue
            severities.update(override.severities)
            stages = [level.without(override.severities) for level in stages]
        selection = self.selection.changed(
            severities=severities, stages=tuple(stages), places=tuple(places)
        )
        return self.changed(selection=selection)

    def with_options(
        self,
        *,
        select: frozenset[str] = frozenset(),
        ignore: frozenset[str] = frozenset(),
        fail_on: Severity | None = None,
        profile: str = "",
        shellcheck: bool = False,
    ) -> Config:
        """This configuration with what the command line says, which goes before the file.

        Raises UsageError where it would switch off what the configuration has locked.
        """
        if not (select or ignore or fail_on is not None or profile or shellcheck):
            return self
        refused = sorted(ignore & self.selection.locked.keys())
        if refused:
            raise UsageError(f"--ignore {refused[0]}: {self.path} has locked it: leave it out")
        wanted = select | {SHELLCHECK} if shellcheck else select
        chosen = self.selection
        selection = chosen.changed(
            only=wanted if select else chosen.only,
            ignored=chosen.ignored | ignore,
            enabled=chosen.enabled | wanted,
            severities=_without_off(chosen.severities, wanted),
            stages=tuple(
                LevelsAt(level.matches, _without_off(level.severities, select))
                for level in chosen.stages
            ),
        )
        if profile:
            from dockgate.linter import profiles

            selection = selection.changed(
                profile=profiles.profile(profile), locked=floors(chosen, chosen.locked)
            )
        return self.changed(
            selection=selection, fail_on=self.fail_on if fail_on is None else fail_on
        )

    def without(self, *names: str) -> Config:
        """This configuration with some rules left out."""
        ignored = self.selection.ignored.union(names)
        return self.changed(selection=self.selection.changed(ignored=ignored))

    def changed(self, **changes: Any) -> Config:
        """A copy with other values for some of the constructor's arguments."""
        return Config(**{name: getattr(self, name) for name in self.__slots__} | changes)


def _without_off(severities: Severities, names: frozenset[str]) -> Severities:
    return {n: s for n, s in severities.items() if s is not None or n not in names}


def floors(selection: Selection, names: Iterable[str]) -> dict[str, Severity | None]:
    """The locked rules `names`, each with the severity that it has in `selection` as the least."""
    from dockgate.rules.registry import find

    found: dict[str, Severity | None] = {}
    for name in names:
        entry = find(name)
        known = selection.severities.get(name) if entry is None else selection.severity(entry.rule)
        found[name] = known
    return found


DEFAULT_CONFIG = Config()

_found: dict[str, list[Config]] = {}  #: by folder, the nearest first
_read: dict[str, Config] = {}


def find(path: str) -> Config:
    """The configuration for the file `path`: the nearest upwards, as far as the repository's root.

    Of those further out only the locks count. `.hadolint.yaml` counts where there is no
    `.dockgate.yaml`. Raises UsageError for a file that cannot be read or meant, or that breaks a
    lock.
    """
    folder = os.path.dirname(os.path.abspath(path))
    chain = _found.get(folder)
    if chain is None:
        chain = _found[folder] = [read(file) for file in nearest(folder)] or [DEFAULT_CONFIG]
    config = chain[0].for_path(path)
    if len(chain) > 1:
        from dockgate.linter.configuration.locks import under

        for outer in chain[1:]:
            config = under(config, outer.for_path(path))
    return config


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


def meant(name: str) -> frozenset[str]:
    """What a selection knows by a rule's name or a peer's code: rules, or one ShellCheck code.

    Empty for an unknown name.
    """
    from dockgate.rules import registry

    names = frozenset(entry.name for entry in registry.meant(name))
    code = name.strip().upper()
    return frozenset({code}) if names == {SHELLCHECK} and code[:2] == "SC" else names


def rule_names(names: Iterable[str]) -> frozenset[str]:
    """What names, aliases and comma lists of them mean to a selection.

    Raises UsageError that names the nearest known one.
    """
    found: set[str] = set()
    for entry in names:
        for name in filter(None, (part.strip() for part in entry.split(","))):
            rules = meant(name)
            if not rules:
                raise UsageError(f"unknown rule {name!r}{suggestion(name, known_names())}")
            found |= rules
    return frozenset(found)


def known_names() -> list[str]:
    """Every rule's name and aliases."""
    from dockgate.rules.registry import SUBJECTS, entries

    rules = [entry for subject in SUBJECTS for entry in entries(subject).values()]
    return sorted({name for rule in rules for name in (rule.name, *rule.aliases)})


def suggestion(word: str, known: Iterable[str]) -> str:
    """`: did you mean 'root-user'?`, "" when nothing known is near."""
    from difflib import get_close_matches

    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), by_lower, 1, 0.6)
    return f": did you mean {by_lower[near[0]]!r}?" if near else ""
