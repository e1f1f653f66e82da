"""What a configuration file says of severities: `rules`, `overrides` and `locked`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dockgate.linter.config import Override, known_names, meant, suggestion
from dockgate.linter.configuration.strict_yaml import Document, Key
from dockgate.linter.engine import Severities
from dockgate.linter.errors import UsageError
from dockgate.rules.rule import Severity

if TYPE_CHECKING:
    from dockgate.linter.configuration.config_file import OverrideModel
    from dockgate.rules.subjects.dockerfile import Stage


def severities(
    levels: Mapping[str, str], document: Document, key: Key
) -> dict[str, Severity | None]:
    """The levels by rule or ShellCheck code, None for `off`. Raises UsageError: file and line."""
    found: dict[str, Severity | None] = {}
    for name, level in levels.items():
        severity = None if level == "off" else Severity.parse(level)
        found.update(dict.fromkeys(_meant(name, document, (*key, name)), severity))
    return found


def override(entry: OverrideModel, document: Document, index: int) -> Override:
    """An entry of `overrides`. Raises UsageError where it means nothing, or everything."""
    key: Key = ("overrides", index)
    if not (entry.paths or entry.stages or entry.in_images):
        raise UsageError(
            f"{document.where(key)}: overrides.{index}: name paths, stages, both, or in_images"
        )
    if entry.in_images and (entry.paths or entry.stages):
        raise UsageError(
            f"{document.where(key)}: overrides.{index}: in_images stands alone: an image has no "
            "paths of Dockerfiles and no stages"
        )
    return Override(
        _paths(entry.paths, document, (*key, "paths")) if entry.paths else None,
        severities(entry.rules, document, (*key, "rules")),
        _stages(entry.stages) if entry.stages else None,
        _paths(entry.in_images, document, (*key, "in_images")) if entry.in_images else None,
    )


def locks(names: Iterable[str], levels: Severities, document: Document) -> Severities:
    """The rules that are locked. Raises UsageError for one that the same file switches off."""
    found: dict[str, Severity | None] = {}
    for index, name in enumerate(names):
        key: Key = ("locked", index)
        for rule in _meant(name, document, key):
            if levels.get(rule, Severity.STYLE) is None:
                raise UsageError(f"{document.where(key)}: {name} is locked and off: choose one")
            found[rule] = None
    return found


def _meant(name: str, document: Document, key: Key) -> Iterable[str]:
    found = meant(name)
    if not found:
        near = suggestion(name, known_names())
        raise UsageError(f"{document.where(key)}: unknown rule {name!r}{near}")
    return sorted(found)


def _paths(globs: tuple[str, ...], document: Document, key: Key) -> Callable[[str], bool]:
    import pathspec

    try:
        spec = pathspec.GitIgnoreSpec.from_lines(globs)
    except ValueError as error:
        line = " ".join(str(error).split())
        raise UsageError(f"{document.where(key)}: bad glob: {line}") from None
    return spec.match_file


def _stages(globs: tuple[str, ...]) -> Callable[[Stage], bool]:
    lowered = [glob.lower() for glob in globs]

    def matches(stage: Stage) -> bool:
        if str(stage.index) in lowered:
            return True
        return any(stage.name is not None and fnmatchcase(stage.name, glob) for glob in lowered)

    return matches
