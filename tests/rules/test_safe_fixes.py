"""Safe fixes of layout and syntax: the image is the same before and after, on real files."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dockgate.linter.fixes import apply
from dockgate.rules.registry import rules_of
from dockgate.rules.rule import Rule
from dockgate.rules.subjects.dockerfile import Dockerfile
from tests.rules.subjects import read, run

CORPUS = Path(__file__).parents[2] / "../shared/corpus"
pytestmark = pytest.mark.skipif(not CORPUS.exists(), reason="no corpus beside the repository")

NAMES = """inconsistent-instruction-casing from-as-casing stage-name-casing directive-casing
empty-continuation-line legacy-key-value expose-host-mapping expose-protocol-casing
redundant-target-platform many-sources-one-file trailing-spaces multiple-blank-lines
missing-final-newline missing-blank-line multiple-spaces inconsistent-indentation
chained-on-one-line""".split()  # noqa: SIM905


def sources() -> Iterator[bytes]:
    for name in ("dockerfiles.jsonl", "edge.jsonl"):
        with open(CORPUS / name, encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                yield base64.b64decode(row["b64"]) if "b64" in row else row["text"].encode()


def meaning(dockerfile: Dockerfile) -> list[Any]:
    """What BuildKit makes of it, without what the rules are about: case, ports, slashes."""
    said: list[Any] = [(e.message, e.fatal) for e in dockerfile.errors]
    for stage in dockerfile.stages:
        said.append((stage.base.name, stage.name, dict(stage.env), dict(stage.labels)))
        said.append((stage.user, stage.workdir, stage.shell))
    for instruction in dockerfile.instructions:
        values = [value.rpartition(":")[2].lower() for value in instruction.values]
        if instruction.cmd == "FROM":
            values = values[:1]
        if instruction.cmd in ("ENV", "LABEL"):
            values = [value for i, value in enumerate(instruction.values) if i % 3 < 2]
        if instruction.cmd in ("COPY", "ADD"):
            values = [value.rstrip("/") for value in values]
        if instruction.cmd in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
            values = " ".join(values).split()
        flags = [flag.text for flag in instruction.flags if flag.name != "platform"]
        heredocs = [(h.name, h.content) for h in instruction.heredocs]
        said.append((instruction.cmd, flags, values, instruction.json, heredocs))
    return said


def test_they_change_nothing_that_builds() -> None:
    rules: list[Rule[Any]] = [rules_of("dockerfile")[name] for name in NAMES]
    applied = 0
    for data in sources():
        dockerfile = read(data)
        if any(error.fatal for error in dockerfile.errors):
            continue
        found = run(rules, dockerfile)
        fixes = [fix for finding in found for fix in finding.fixes if fix.safe]
        if not fixes:
            continue
        text = apply(dockerfile.text.text, fixes)
        after = read(text.encode("utf-8", "surrogateescape"))
        assert meaning(after) == meaning(dockerfile)
        applied += len(fixes)
    assert applied > 3000
