"""What the editor's user has set, beside the configuration files of the workspace."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from dockgate.linter import config as configuration
from dockgate.linter import profiles
from dockgate.linter.config import DEFAULT_CONFIG, Config, rule_names
from dockgate.linter.errors import DockgateError

SECTION = "dockgate"
DEFAULT_DEBOUNCE = 50  #: milliseconds
MAX_DEBOUNCE = 5000


class Settings:
    """The options of `dockgate lint` that make sense in an editor."""

    __slots__ = (
        "_found",
        "config",
        "debounce",
        "ignore",
        "problems",
        "profile",
        "select",
        "shellcheck",
    )

    def __init__(self) -> None:
        self.config = ""  #: a configuration in place of the nearest one
        self.profile = ""
        self.select: tuple[str, ...] = ()
        self.ignore: tuple[str, ...] = ()
        self.shellcheck = False
        self.debounce = DEFAULT_DEBOUNCE  #: milliseconds of silence before a lint
        self.problems: list[str] = []  #: what was wrong with what the editor sent
        self._found: dict[str, tuple[Config, tuple[str, ...]]] = {}

    def update(self, sent: object) -> None:
        """Take over what the editor sent, whole or below "dockgate"; the rest stays as it is.

        What is of another type than it should be is told in `problems`; unknown keys are the
        editor's own.
        """
        values = sent.get(SECTION, sent) if isinstance(sent, Mapping) else None
        if not isinstance(values, Mapping):
            return
        self.problems = []
        for name in ("config", "profile"):
            self._take(values, name, str, "a string")
        self._take(values, "shellcheck", bool, "true or false")
        for name in ("select", "ignore"):
            self._take_names(values, name)
        self._take(values, "debounce", int, f"milliseconds, 0 to {MAX_DEBOUNCE}")
        if isinstance(self.debounce, bool) or not 0 <= self.debounce <= MAX_DEBOUNCE:
            self.problems.append(f"setting dockgate.debounce: not within 0 to {MAX_DEBOUNCE}")
            self.debounce = DEFAULT_DEBOUNCE
        if self.profile and self.profile not in profiles.NAMES:
            known = ", ".join(profiles.NAMES)
            self.problems.append(f"setting dockgate.profile: {self.profile!r} is none of {known}")
            self.profile = ""

    def _take(self, values: Mapping[Any, Any], name: str, kind: type, wanted: str) -> None:
        value = values.get(name)
        if isinstance(value, kind):
            setattr(self, name, value)
        elif value is not None:
            self.problems.append(f"setting dockgate.{name}: use {wanted}")

    def _take_names(self, values: Mapping[Any, Any], name: str) -> None:
        value = values.get(name)
        names = [value] if isinstance(value, str) else value
        if isinstance(names, list) and all(isinstance(entry, str) for entry in names):
            setattr(self, name, tuple(names))
        elif value is not None:
            self.problems.append(f"setting dockgate.{name}: use a list of rules' names")

    def config_for(self, path: str) -> tuple[Config, tuple[str, ...]]:
        """The configuration in force for a file, and what is wrong with it, one line each.

        Where it cannot be meant the defaults stand in for it: a document is always answered. It
        is the same until `forget`.
        """
        if path not in self._found:
            self._found[path] = self._config_for(path)
        return self._found[path]

    def forget(self) -> None:
        """Look for configurations anew: these settings or a file may have changed."""
        self._found.clear()
        configuration.forget()

    def _config_for(self, path: str) -> tuple[Config, tuple[str, ...]]:
        problems = list(self.problems)
        base = DEFAULT_CONFIG
        try:
            if self.config:
                base = configuration.read(self.config).for_path(path)
            else:
                base = configuration.find(path)
        except DockgateError as error:
            problems.append(_line(error))
        except Exception as error:  # whatever it holds, the document is answered
            problems.append(f"configuration: {type(error).__name__}: {_line(error)}")
        try:
            config = base.with_options(
                select=rule_names(self.select),
                ignore=rule_names(self.ignore),
                profile=self.profile,
                shellcheck=self.shellcheck,
            )
        except DockgateError as error:
            problems.append(_line(error))
            config = base
        return config, tuple(problems)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def path_of(uri: str, folder: str = "") -> str:
    """The path of a document: of an unsaved one, as if it were the Dockerfile of `folder`.

    Nothing is ever read from it; the configuration files above it are.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme.lower() == "file" and parts.netloc in ("", "localhost"):
        path = unquote(parts.path, errors="surrogateescape")
        if path and "\0" not in path:
            return path
    return os.path.join(folder or os.getcwd(), "Dockerfile")
