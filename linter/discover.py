"""Finds the Dockerfiles below a folder, as its .gitignore files allow."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

from dockgate.linter.errors import UsageError
from dockgate.linter.files import open_found

MAX_GITIGNORE_BYTES = 1 << 20

#: (folder of the ignore file with a trailing separator, its patterns), the outermost first
_Ignores = tuple[tuple[str, Any], ...]


def is_dockerfile(name: str) -> bool:
    """Whether a file of this name is one: case is ignored, `x.dockerignore` is none."""
    name = name.lower()
    if name in ("dockerfile", "containerfile"):
        return True
    return name.endswith(".dockerfile") or (
        name.startswith("dockerfile.") and not name.endswith(".dockerignore")
    )


def discover(folder: str, wanted: Callable[[str], bool] = is_dockerfile) -> Iterator[str]:
    """The files in and below `folder` whose names are `wanted`, sorted, as `folder` is written.

    `.git` and what .gitignore files name is left out, theirs above as far as the repository's
    root too; links to folders are not followed. Raises UsageError for a folder that cannot be
    listed.
    """
    above = os.path.abspath(folder)
    yield from _walk(folder, above, _outer(above), wanted)


def _walk(
    shown: str, folder: str, ignores: _Ignores, wanted: Callable[[str], bool]
) -> Iterator[str]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise UsageError(f"cannot list {shown}: {error.strerror or error}") from None
    if any(entry.name == ".gitignore" for entry in entries):
        ignores += _ignore_file(folder)
    for entry in entries:
        path = entry.name if shown == "." else os.path.join(shown, entry.name)
        if entry.is_dir(follow_symlinks=False):
            if entry.name != ".git" and not _ignored(entry.path + os.sep, ignores):
                yield from _walk(path, entry.path, ignores, wanted)
        elif wanted(entry.name) and entry.is_file() and not _ignored(entry.path, ignores):
            yield path


def _ignored(path: str, ignores: _Ignores) -> bool:
    """What the last pattern with a word on it says, the innermost ignore file first.

    Folders that hold it have been asked before: a pattern counts only if it names the path itself.
    """
    for folder, patterns in reversed(ignores):
        relative = path.removeprefix(folder)
        for pattern in reversed(patterns):
            result = pattern.match_file(relative)
            if result is not None and _itself(result.match, relative):
                return bool(pattern.include)
    return False


def _itself(match: Any, path: str) -> bool:
    """Whether pathspec's match is of the path, and not only of a folder above it."""
    mark = "ps_d"  # its group for the slash after what a pattern names
    return mark not in match.re.groupindex or match.end(mark) in (-1, len(path))


def _outer(folder: str) -> _Ignores:
    """The ignore files above `folder` within its repository; none outside of one."""
    parents = []
    while not os.path.lexists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return ()
        parents.append(parent)
        folder = parent
    return tuple(found for parent in reversed(parents) for found in _ignore_file(parent))


def _ignore_file(folder: str) -> _Ignores:
    path = os.path.join(folder, ".gitignore")
    try:
        with open_found(path) as file:
            data = file.read(MAX_GITIGNORE_BYTES + 1)
    except OSError:  # a folder or a dangling link: git passes over it too
        return ()
    if len(data) > MAX_GITIGNORE_BYTES:
        raise UsageError(f"{path}: larger than {MAX_GITIGNORE_BYTES} bytes")
    import pathspec

    patterns: list[Any] = []
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        line = line.rstrip("\r")
        if line.endswith("/**"):
            line += "/*"  # the same to git, but pathspec lets it name the folder itself
        try:
            patterns += pathspec.GitIgnoreSpec.from_lines([line]).patterns
        except ValueError:  # git takes a pattern that means nothing for one that matches nothing
            continue
    meaning = [pattern for pattern in patterns if pattern.include is not None]
    return ((folder.rstrip(os.sep) + os.sep, meaning),)
