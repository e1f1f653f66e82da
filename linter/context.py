"""A build context: what BuildKit would be sent of a folder, and what COPY and ADD take of it.

Walks the folder through its ignore file, follows no link out of it, and searches what would be
copied for secrets.
"""

from __future__ import annotations

import os
import stat
from bisect import bisect_left
from collections.abc import Iterator
from typing import BinaryIO

from dockgate.linter.errors import UnfinishedError
from dockgate.linter.files import open_found
from dockgate.linter.ignore_patterns import (
    Matcher,
    PatternError,
    clean,
    go_match,
    has_wildcard,
    read_ignore_file,
)
from dockgate.rules.subjects.context import Context, ContextFile, Copied
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.secret import Secret

#: Files and folders of a context; past it the walk stops with an error.
MAX_ENTRIES = 1_000_000

#: Folders within folders.
MAX_DEPTH = 256

#: Bytes of an ignore file.
MAX_IGNORE_FILE = 1 << 20

#: Bytes of a context that are searched for secrets in all.
MAX_TOTAL_BYTES = 4 << 30


class ContextError(UnfinishedError):
    """A context that cannot be read; the text is one line: what, where, what to do."""


def load(root: str, dockerfile: Dockerfile) -> Context:
    """The context in the folder `root`, with what the instructions of `dockerfile` would copy.

    The ignore file is `NAME.dockerignore` beside the Dockerfile NAME, else `.dockerignore` in
    `root`. Raises ContextError.
    """
    if not os.path.isdir(root):
        raise ContextError(f"{root}: no such folder to use as build context")
    context = Context(root, dockerfile)
    context.settings = dockerfile.settings
    context.ignore_path, matcher = _ignore_file(root, dockerfile.path)
    walk = _Walk(root, matcher)
    context.files = walk.files
    for instruction in dockerfile.with_triggers():
        if instruction.cmd in ("COPY", "ADD") and instruction.flag("from") is None:
            context.copied += _copied(instruction, walk)
    _search(context)
    return context


def _ignore_file(root: str, dockerfile: str) -> tuple[str | None, Matcher | None]:
    for path in (f"{dockerfile}.dockerignore", os.path.join(root, ".dockerignore")):
        try:
            with open_found(path) as file:
                data = file.read(MAX_IGNORE_FILE + 1)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise ContextError(f"{path}: {error.strerror}") from None
        if len(data) > MAX_IGNORE_FILE:
            raise ContextError(f"{path}: larger than {MAX_IGNORE_FILE >> 20} MiB")
        try:
            patterns = read_ignore_file(data.decode("utf-8", "surrogateescape"))
            return os.path.relpath(path, root), Matcher(patterns)
        except PatternError as error:
            raise ContextError(f"{path}: {error}; BuildKit refuses it too") from None
    return None, None


class _Walk:
    """The files of a folder by their paths, sorted, and what its ignore file takes away."""

    def __init__(self, root: str, matcher: Matcher | None) -> None:
        self.root = os.path.realpath(root)
        self.files: list[ContextFile] = []
        self.ignored: list[str] = []  #: files and whole folders that the ignore file takes away
        self._entries = 0
        self._matcher = matcher
        self._walk()
        self.files.sort(key=lambda file: file.path)
        self.paths = [file.path for file in self.files]

    def _walk(self) -> None:
        todo: list[tuple[str, int, list[bool] | None]] = [("", 0, None)]
        while todo:
            folder, depth, parent = todo.pop()
            if depth > MAX_DEPTH:
                raise ContextError(f"{self.root}: folders nested deeper than {MAX_DEPTH}")
            for entry in self._entries_of(folder):
                path = f"{folder}/{entry.name}" if folder else entry.name
                matched, results = False, parent
                if self._matcher is not None:
                    matched, results = self._matcher.match(path, parent)
                if entry.is_dir(follow_symlinks=False):
                    if matched and not (self._matcher and self._matcher.has_exceptions):
                        self.ignored.append(path)
                    else:
                        todo.append((path, depth + 1, results))
                elif matched:
                    self.ignored.append(path)
                else:
                    self._add(path, entry)

    def _entries_of(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(os.path.join(self.root, folder)) as found:
                entries = list(found)
        except OSError as error:
            place = os.path.join(self.root, folder)
            raise ContextError(f"{place}: {error.strerror}; exclude it in .dockerignore") from None
        self._entries += len(entries)
        if self._entries > MAX_ENTRIES:
            raise ContextError(
                f"{self.root}: more than {MAX_ENTRIES} files; exclude some in .dockerignore"
            )
        return entries

    def _add(self, path: str, entry: os.DirEntry[str]) -> None:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            return  # gone since
        if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
            self.files.append(ContextFile(path, status.st_size, status.st_mode))

    def below(self, path: str) -> list[ContextFile]:
        """The file of this path, or those in the folder of this path ("" is the root)."""
        if not path:
            return self.files
        first = bisect_left(self.paths, path)
        if first < len(self.paths) and self.paths[first] == path:
            return [self.files[first]]
        folder = path + "/"
        first = bisect_left(self.paths, folder)
        last = bisect_left(self.paths, path + "0")  # "0" is what follows "/"
        return self.files[first:last]

    def resolved(self, path: str) -> str | None:
        """What a path that leads through a link means within the context; None outside of it."""
        real = os.path.realpath(os.path.join(self.root, path))
        inside = os.path.relpath(real, self.root)
        return None if inside == ".." or inside.startswith("../") else inside


def _copied(instruction: Instruction, walk: _Walk) -> Iterator[Copied]:
    names = {heredoc.name for heredoc in instruction.heredocs}
    parents = instruction.flag("parents") is not None
    exclude = [flag.value or "" for flag in instruction.flags if flag.name == "exclude"]
    for word, value in zip(instruction.words[:-1], instruction.values[:-1], strict=True):
        if value.removeprefix("<<").lstrip("-").strip("\"'") in names and value.startswith("<<"):
            continue
        if instruction.cmd == "ADD" and _is_remote(value):
            continue
        source = clean("/" + value)[1:]
        try:
            found, base = _matching(source, walk)
            if exclude:
                found = _without(found, exclude, "" if parents else base)
            gone = any(_touches(path, source) for path in walk.ignored)
        except PatternError as error:
            place = f"{instruction.cmd} at line {instruction.start}"
            raise ContextError(f"{place}: {error}") from None
        yield Copied(instruction, word, tuple(found), gone)


def _is_remote(source: str) -> bool:
    return "://" in source or source.startswith("git@")


def _matching(source: str, walk: _Walk) -> tuple[list[ContextFile], str]:
    """The files that a cleaned source brings, and the folder that excludes are relative to."""
    if not has_wildcard(source):
        found = walk.below(source)
        if not found or stat.S_ISLNK(found[0].mode):
            target = walk.resolved(source)
            if target is not None and target != source:
                found = walk.below("" if target == "." else target)
                source = target
        return found, source
    depth = source.count("/") + 1
    matches = go_match(source)
    found = []
    known: dict[str, bool] = {}
    for file in walk.below(_fixed(source)):
        parts = file.path.split("/", depth)
        if len(parts) < depth:
            continue
        head = "/".join(parts[:depth])
        if head not in known:
            known[head] = matches(head)
        if known[head]:
            found.append(file)
    return found, source.rpartition("/")[0]


def _fixed(source: str) -> str:
    """The folders of a source before its first wildcard."""
    parts = source.split("/")
    fixed = []
    for part in parts:
        if has_wildcard(part) or "\\" in part:
            break
        fixed.append(part)
    return "/".join(fixed)


def _without(files: list[ContextFile], exclude: list[str], base: str) -> list[ContextFile]:
    matcher = Matcher(exclude)
    prefix = base + "/" if base else ""
    return [file for file in files if not matcher.matches(file.path.removeprefix(prefix))]


def _touches(ignored: str, source: str) -> bool:
    """Whether an ignored path is, holds, or lies in what the source names."""
    if not source or ignored == source or ignored.startswith(source + "/"):
        return True
    if has_wildcard(source):
        depth = source.count("/") + 1
        return go_match(source)("/".join(ignored.split("/")[:depth]))
    return source.startswith(ignored + "/")


def _search(context: Context) -> None:
    """Fill `context.secrets` from the files that are copied, each read once and to its end."""
    files = {file.path: file for copied in context.copied for file in copied.files}
    regular = [file for file in files.values() if stat.S_ISREG(file.mode)]
    if sum(file.size for file in regular) > MAX_TOTAL_BYTES:
        raise ContextError(
            f"{context.root}: more than {MAX_TOTAL_BYTES >> 30} GiB would be copied, too "
            "much to search for secrets; exclude what the image does not need"
        )
    for file in regular:
        found = _secrets_of(context, file)
        if found:
            context.secrets[file.path] = found


def _secrets_of(context: Context, file: ContextFile) -> list[Secret]:
    from dockgate.linter.secret_search.file_search import PIECE, FileSearch

    place = os.path.join(context.root, file.path)
    search = FileSearch(file.path, context.settings.secret_names, context.settings.secret_salt)
    found: list[Secret] = []
    try:
        with _opened(place) as content:
            for pieces, secrets in enumerate(search.through(content.read, PIECE)):
                found += [
                    one.secret
                    for one in secrets
                    if one.secret.allow not in context.settings.secret_allow
                ]
                if pieces * PIECE > file.size:
                    raise ContextError(f"{place}: grows while it is read; build when it is whole")
    except FileNotFoundError:
        return []  # gone since
    except OSError as error:
        raise ContextError(
            f"{place}: {error.strerror}; it would be copied, but cannot be searched for secrets"
        ) from None
    except ContextError:
        raise
    except UnfinishedError as error:
        raise ContextError(f"{place}: {error}; exclude it in .dockerignore") from None
    return found


def _opened(path: str) -> BinaryIO:
    """The file; never follows a link, never waits for a pipe."""
    return open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
