"""What reads each format: parsers as strict as the places that formats are made for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from lxml import etree

from dockgate.cli.output import encoded
from dockgate.linter.report import Report
from dockgate.linter.reporters import formats

from .samples import PUBLISHED, SCHEMAS


def read(report: Report, format: str) -> Any:
    """What a reader gets who has only the bytes that dockgate writes; fails where it is invalid."""
    data = encoded(formats.render(report, format))
    return READERS.get(format, plain)(data)


def plain(data: bytes) -> str:
    """UTF-8, as every format is."""
    return data.decode()


def in_lines(data: bytes) -> list[str]:
    """Lines for people and for editors: nothing in them steers a terminal."""
    text = data.decode()
    lines = text.split("\n")
    assert lines.pop() == ""
    assert all(line.isprintable() for line in lines)
    return lines


def strict_json(data: bytes) -> Any:
    """JSON without what parsers do not agree on: two keys alike, NaN, lone surrogates."""
    text = data.decode()
    value = json.loads(text, object_pairs_hook=_unique, parse_constant=_never)
    json.dumps(value, ensure_ascii=False).encode()
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def _never(constant: str) -> Any:
    raise AssertionError(constant)


@cache
def validator(path: str) -> Draft202012Validator:
    """The validator of a schema: "docs/NAME" is a published one, else it is a fixture."""
    folder = PUBLISHED if path.startswith("docs/") else SCHEMAS
    schema = json.loads((folder / path.removeprefix("docs/")).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def valid(value: Any, schema: str) -> Any:
    """The value, held to a schema."""
    validator(schema).validate(value)
    return value


def _json_of(schema: str) -> Callable[[bytes], Any]:
    return lambda data: valid(strict_json(data), schema)


def json_lines(data: bytes) -> list[Any]:
    """JSON lines for a reader that takes every line end of Unicode for one."""
    lines = data.decode().splitlines()
    return [strict_json(line.encode()) for line in lines]


@cache
def _xsd(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / name))


def _xml_of(schema: str) -> Callable[[bytes], Any]:
    def read_xml(data: bytes) -> Any:
        tree = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
        _xsd(schema).assertValid(tree)
        return tree

    return read_xml


def workflow_commands(data: bytes) -> list[tuple[str, dict[str, str], str]]:
    """(command, properties, message) as GitHub's runner takes them from a log."""
    lines = re.split(r"\r\n|\r|\n", data.decode())  # where .NET ends a line
    assert lines.pop() == ""
    return [_command(line) for line in lines]


def _command(line: str) -> tuple[str, dict[str, str], str]:
    """As the runner does it: blanks before `::` may be; properties are cut at commas, then at `=`.

    It throws away what it does not understand: here that fails.
    """
    trimmed = line.lstrip()
    assert trimmed.startswith("::"), line
    head, separator, message = trimmed[2:].partition("::")
    assert separator, line
    name, _, rest = head.partition(" ")
    assert name in ("error", "warning", "notice"), line
    properties = {}
    for part in rest.strip().split(","):
        key, equals, value = part.partition("=")
        assert equals, line
        assert value, line
        assert key in ("file", "line", "col", "endLine", "endColumn", "title"), line
        assert key not in properties, line
        properties[key] = _unescaped(
            value, ("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")
        )
    if properties.get("line") != properties.get("endLine"):
        assert "col" not in properties, line
        assert "endColumn" not in properties, line
    return name, properties, _unescaped(message, ("%0D", "\r"), ("%0A", "\n"))


def _unescaped(text: str, *mapping: tuple[str, str]) -> str:
    for escape, char in mapping:
        text = text.replace(escape, char)
    return text.replace("%25", "%")


READERS: dict[str, Callable[[bytes], Any]] = {
    "text": in_lines,
    "grouped": in_lines,
    "short": in_lines,
    "hadolint-text": in_lines,
    "json": _json_of("docs/json-v1.json"),
    "jsonl": json_lines,
    "hadolint": _json_of("docs/hadolint.json"),
    "sarif": strict_json,
    "github": workflow_commands,
    "gitlab": _json_of("gitlab.json"),
    "gitlab-container-scanning": _json_of("gitlab-container-scanning.json"),
    "checkstyle": _xml_of("checkstyle.xsd"),
    "junit": _xml_of("junit.xsd"),
    "sonarqube": _json_of("sonarqube.json"),
}
