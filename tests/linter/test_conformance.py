"""The document model against BuildKit's own answers, on every file of the corpus."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dockgate.linter.document import read
from dockgate.linter.dump import dump
from dockgate.linter.parsing import platforms

CORPUS = Path(__file__).parents[2] / "../shared/corpus"
BOM = b"\xef\xbb\xbf"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside the repo")

Row = dict[str, Any]


def _rows() -> list[Row]:
    rows = []
    for name in ("dockerfiles.jsonl", "edge.jsonl"):
        with open(CORPUS / name, encoding="utf-8") as file:
            rows += [json.loads(line) for line in file]
    return rows


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    rows = _rows()
    assert len(rows) > 1000
    return rows


@pytest.fixture(autouse=True)
def amd64(monkeypatch: pytest.MonkeyPatch) -> None:
    """The corpus was made on amd64."""
    monkeypatch.setattr(platforms, "host", lambda: platforms.Platform("linux", "amd64"))


def _bytes(row: Row) -> bytes:
    return base64.b64decode(row["b64"]) if "b64" in row else row["text"].encode()


def _crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


VARIANTS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda data: data,
    "CRLF": _crlf,
    "BOM": lambda data: BOM + data,
    "BOM and CRLF": lambda data: BOM + _crlf(data),
}


def _expected(instruction: Row, crlf: bool) -> Row:
    """A row's instruction in the form of `dump`: empty fields filled in, `cmd` in upper case."""
    full: Row = {"flags": [], "value": [], "json": False, "heredocs": []}
    full |= instruction | {"cmd": instruction["cmd"].upper()}
    if crlf:  # the only place where BuildKit lets a line end show
        full["heredocs"] = [
            h | {"Content": h["Content"].replace("\r\n", "\n").replace("\n", "\r\n")}
            for h in full["heredocs"]
        ]
    return full


@pytest.mark.parametrize("variant", VARIANTS)
def test_syntax_tree(rows: list[Row], variant: str) -> None:
    wrong = []
    for row in rows:
        if "parse_error" in row:
            continue
        data = dump(read(VARIANTS[variant](_bytes(row))))
        expected = [_expected(i, "CRLF" in variant) for i in row["parse"]]
        fatal = [e for e in data["errors"] if e["fatal"]]
        if fatal or data["escape"] != row["escape"] or data["instructions"] != expected:
            wrong.append((_name(row), fatal))
    assert wrong == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_does_not_parse_is_a_fatal_error(rows: list[Row], variant: str) -> None:
    refused = [row for row in rows if "parse_error" in row]
    assert refused
    for row in refused:
        errors = dump(read(VARIANTS[variant](_bytes(row))))["errors"]
        assert [e["message"] for e in errors if e["fatal"]][:1] == [row["parse_error"]]


@pytest.mark.parametrize("variant", VARIANTS)
def test_meaning_of_the_last_stage(rows: list[Row], variant: str) -> None:
    wrong = []
    for row, meaning in _built(rows):
        data = dump(read(VARIANTS[variant](_bytes(row))))
        stage = data["stages"][-1]
        got = {
            "env": stage["env"],
            "labels": stage["labels"],
            "user": stage["user"],
            "workdir": stage["workdir"],
            "refs": sorted(data["refs"]),
        }
        expected = {
            "env": meaning.get("env", []),
            "labels": meaning.get("labels", {}),
            "user": meaning.get("user", ""),
            "workdir": meaning.get("workdir", ""),
            "refs": sorted(meaning.get("refs", [])),
        }
        if got != expected or data["errors"]:
            wrong.append((_name(row), {k: (v, got[k]) for k, v in expected.items() if v != got[k]}))
    assert wrong == []


def test_what_the_converter_refuses_is_an_error(rows: list[Row]) -> None:
    """But for the rows where the converter itself fell over."""
    refused = 0
    for row in rows:
        reason = row.get("meaning", {}).get("err", "panic")
        if reason.startswith("panic"):
            continue
        messages = [error.message for error in read(_bytes(row)).errors]
        assert any(m in reason or reason in m for m in messages), (_name(row), reason, messages)
        refused += 1
    assert refused > 40


def test_undefined_variables(rows: list[Row]) -> None:
    """BuildKit's UndefinedVar, less the variables that stand there with a default."""
    for row, meaning in _built(rows):
        lint = [check.split(":") for check in meaning.get("lint", [])]
        expected = {int(line) for name, line in lint if name == "UndefinedVar"}
        dockerfile = read(_bytes(row))
        reached = dockerfile.reached()
        inside = [i for i in dockerfile.instructions if i.cmd != "FROM" and i.stage in reached]
        undefined = {i.start for i in inside if i.undefined}
        guarded = {i.start for i in inside if re.search(r"\$\{\w+:?[-+]", i.original)}
        assert undefined <= expected, _name(row)
        assert expected - undefined <= guarded, _name(row)


def _built(rows: list[Row]) -> Iterator[tuple[Row, Row]]:
    for row in rows:
        meaning = row.get("meaning")
        if meaning is not None and "err" not in meaning:
            yield row, meaning


def _name(row: Row) -> str:
    return str(row.get("name") or f"{row['repo']} {row['path']}")
