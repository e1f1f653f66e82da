"""What a rule says it needs is in every file that it finds something in: else it is silenced."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockgate.linter import document, secrets, shell
from dockgate.rules.registry import entries

CORPUS = Path(__file__).parents[2] / "../shared/corpus"


def _sources() -> Iterator[tuple[str, bytes]]:
    for name in ("dockerfiles.jsonl", "edge.jsonl", "cases.jsonl"):
        for number, line in enumerate((CORPUS / name).read_text(encoding="utf-8").splitlines(), 1):
            row = json.loads(line)
            text = row["dockerfile"] if "dockerfile" in row else row.get("text", "")
            data = base64.b64decode(row["b64"]) if "b64" in row else text.encode()
            yield f"{name}:{number}", data


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_no_rule_is_left_out_where_it_would_find_something() -> None:
    rules = [entry for entry in entries("dockerfile").values() if entry.needs]
    assert len(rules) > 100
    left_out = 0
    for name, data in _sources():
        dockerfile = document.read(data)
        shell.attach(dockerfile)
        secrets.attach(dockerfile)
        for entry in rules:
            if not dockerfile.meets(entry.needs):
                left_out += 1
                assert not list(entry.rule.check(dockerfile)), f"{entry.name} in {name}"
    assert left_out > 1000
