"""YAML from strangers: bounded, no duplicate keys, plain tags only, with line numbers."""

from __future__ import annotations

from typing import Any

import yaml

from dockgate.linter.errors import UsageError

MAX_YAML_BYTES = 1 << 20
MAX_YAML_NODES = 20_000  #: aliases counted as often as they are used
MAX_YAML_DEPTH = 32

Key = tuple[str | int, ...]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Document:
    """The plain value of a YAML document and the line (from 1) of every key and item."""

    __slots__ = ("lines", "path", "value")

    def __init__(self, path: str, value: Any, lines: dict[Key, int]) -> None:
        self.path = path
        self.value = value
        self.lines = lines

    def where(self, key: Key) -> str:
        """`file:line` of a key, or of the nearest one around it."""
        while key and key not in self.lines:
            key = key[:-1]
        return f"{self.path}:{self.lines.get(key, 1)}"


def load(path: str) -> Document:
    """The mapping in the YAML file `path`, {} for an empty one. Raises UsageError (one line)."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_YAML_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    return parse(path, data)


def parse(path: str, data: bytes) -> Document:
    """As `load`, of bytes that the file `path` holds or is to hold."""
    if len(data) > MAX_YAML_BYTES:
        raise UsageError(f"{path}: larger than {MAX_YAML_BYTES} bytes: no configuration")
    loader = None
    try:
        text = data.decode("utf-8-sig")
        _check_depth(path, text)
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            return Document(path, {}, {})
        lines: dict[Key, int] = {}
        _walk(path, node, (), lines, [0])
        value = loader.construct_document(node)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 (byte {error.start})") from None
    except (yaml.YAMLError, ValueError) as error:
        raise UsageError(_yaml_error(path, error)) from None
    finally:
        if loader is not None:
            loader.dispose()
    if value is None:
        return Document(path, {}, lines)
    if not isinstance(value, dict):
        raise UsageError(f"{path}:1: not a mapping of keys to values")
    return Document(path, value, lines)


def _check_depth(path: str, text: str) -> None:
    """Before any node is made: PyYAML's C composer recurses without a limit and would crash."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_YAML_DEPTH:
                where = f"{path}:{event.start_mark.line + 1}" if event.start_mark else path
                raise UsageError(f"{where}: nested more than {MAX_YAML_DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _walk(path: str, node: Any, key: Key, lines: dict[Key, int], seen: list[int]) -> None:
    seen[0] += 1
    line = node.start_mark.line + 1
    if seen[0] > MAX_YAML_NODES:
        raise UsageError(f"{path}:{line}: more than {MAX_YAML_NODES} values")
    if len(key) > MAX_YAML_DEPTH:
        raise UsageError(f"{path}:{line}: nested more than {MAX_YAML_DEPTH} deep")
    lines.setdefault(key, line)
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise UsageError(f"{path}:{name.start_mark.line + 1}: a key must be plain text")
            if name.value in names:
                raise UsageError(f"{path}:{name.start_mark.line + 1}: key {name.value!r} twice")
            names.add(name.value)
            lines[(*key, name.value)] = name.start_mark.line + 1
            _walk(path, value, (*key, name.value), lines, seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _walk(path, value, (*key, index), lines, seen)


def _yaml_error(path: str, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    where = f"{path}:{mark.line + 1}" if mark is not None else path
    return f"{where}: not valid YAML: {' '.join(str(problem).split())}"
