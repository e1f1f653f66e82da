"""The published schemas: outputs are held to them, and they describe every field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from dockgate.linter import dump, run
from dockgate.linter.config import DEFAULT_CONFIG
from dockgate.linter.report import Report
from dockgate.linter.reporters import catalogue, json_v1
from dockgate.linter.run import Scope
from tests.cli.command import dockgate

from .readers import read, strict_json, valid, validator
from .samples import PUBLISHED, corpus, reports

NAMES = sorted(file.stem for file in PUBLISHED.glob("*.json"))
DOCKERFILE = b"""# escape=`
ARG V=1
FROM --platform=linux/amd64 debian:$V AS build
ENV A=b C="d e"
LABEL x=y
ONBUILD RUN echo hi
RUN <<EOF
echo $A
EOF
USER root
FROM build
COPY ["a", "b"]
"""


def described(schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """The fields that have no description."""
    for name, field in schema.get("properties", {}).items():
        if "$ref" not in field and "description" not in field:
            yield f"{at}.{name}"
        yield from described(field, f"{at}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from described(schema[key], f"{at}[]")
    for name, definition in schema.get("$defs", {}).items():
        yield from described(definition, name)


def keys(value: Any) -> set[str]:
    """All keys of a JSON value, at any depth."""
    if isinstance(value, dict):
        return set(value) | {key for item in value.values() for key in keys(item)}
    return {key for item in value for key in keys(item)} if isinstance(value, list) else set()


def known(schema: Any) -> set[str]:
    """All fields that a schema describes, at any depth."""
    if isinstance(schema, list):
        return {name for item in schema for name in known(item)}
    if not isinstance(schema, dict):
        return set()
    names = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return names | {name for item in schema.values() for name in known(item)}


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_described_and_others_may_come(name: str) -> None:
    schema = json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8"))
    assert list(described(schema)) == []
    closed = "additionalProperties" in json.dumps(schema).replace('"additionalProperties": {', "")
    assert closed is (name == "hadolint")  # hadolint's list is what it is


def test_json_of_real_files_is_as_published() -> None:
    value = read(Report(corpus(10)), "json")  # the reader validates
    assert len(value["diagnostics"]) > 500
    assert keys(value) <= known(validator("docs/json-v1.json").schema)


def test_json_with_statistics_is_as_published() -> None:
    rendered = json_v1.render(reports()["findings"], statistics=True)
    value = valid(strict_json(rendered.encode()), "docs/json-v1.json")
    assert value["statistics"]
    assert keys(value) <= known(validator("docs/json-v1.json").schema)


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        ("accepted", "accepted"),
        ("refused", "refused"),
        ("build", "refused"),
        ("undecided", "undecided"),
        ("no image", "undecided"),
    ],
)
def test_json_of_scan_and_build_is_as_published(kind: str, verdict: str) -> None:
    value = read(reports()[kind], "json")
    assert value["verdict"] == verdict
    assert keys(value) <= known(validator("docs/json-v1.json").schema)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"summary": {"files": 1}},
        {"verdict": "maybe", "reasons": [], "digest": ""},
        {"verdict": "accepted"},
        {"diagnostics": [{"rule": "x"}]},
        {"failures": ["x"]},
    ],
)
def test_the_schema_refuses_what_is_not_version_1(change: dict[str, Any]) -> None:
    value = read(reports()["findings"], "json")
    with pytest.raises(jsonschema.ValidationError):
        valid({**value, **change}, "docs/json-v1.json")


def test_the_rules_are_as_published() -> None:
    value = valid(strict_json(catalogue.as_json().encode()), "docs/rules-v1.json")
    assert len(value) > 200


def test_what_parse_prints_is_as_published() -> None:
    schema = "docs/parse-v1.json"
    fields: set[str] = set()
    for data in [DOCKERFILE, b"FROM\n", b"", *(file.text.encode() for file in corpus(25))]:
        _, model = run.lint(data, "Dockerfile", DEFAULT_CONFIG, Scope())
        assert model is not None
        value = dump.dump(model)
        valid(strict_json(json.dumps(value, ensure_ascii=False).encode()), schema)
        fields |= keys({**value, "stages": [{**s, "labels": {}} for s in value["stages"]]})
    assert fields == known(validator(schema).schema)


def test_the_command_line_prints_what_is_published() -> None:
    done = dockgate("lint", "--format", "json", "-", stdin=DOCKERFILE)
    valid(strict_json(done.out.encode()), "docs/json-v1.json")
    done = dockgate("lint", "--format", "hadolint", "-", stdin=DOCKERFILE)
    valid(strict_json(done.out.encode()), "docs/hadolint.json")
