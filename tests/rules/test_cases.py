"""Peers' own rule cases: dockgate agrees, or docs/disagreements.md says why not."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dockgate.linter import context as contexts
from dockgate.linter import suppress
from dockgate.linter.engine import Selection, check
from dockgate.rules.registry import all_rules, named, rules_of
from tests.rules.subjects import read

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
needs_corpus = pytest.mark.skipif(not SHARED.exists(), reason="no corpus beside the repository")
AGREEMENT = 0.98  #: the share of cases that must agree
#: Rules of the image scanner: their concepts are about built images, not Dockerfiles.
IMAGE_COLUMN = "dockle"


def fires(case: dict[str, Any], folder: Path) -> bool:
    wanted = {rule.name for rule in named(case["rule"])}
    assert wanted, f"no rule has the code {case['rule']}"
    selection = Selection(severities={rule.name: rule.severity for rule in all_rules().values()})
    dockerfile = read(case["dockerfile"])
    found, failures = check(dockerfile, rules_of("dockerfile").values(), selection)
    if "dockerignore" in case:
        (folder / "Dockerfile").write_text(case["dockerfile"])
        (folder / ".dockerignore").write_text(case["dockerignore"])
        for source in re.findall(r"(?:COPY|ADD) (?!--)(\S+) ", case["dockerfile"]):
            (folder / source).parent.mkdir(parents=True, exist_ok=True)
            (folder / source).touch()
        context = contexts.load(str(folder), dockerfile)
        more, failed = check(context, rules_of("context").values(), selection)
        found += more
        failures += failed
    assert failures == []
    left = suppress.apply(dockerfile, found, selection, context=True)
    return any(finding.rule.name in wanted for finding in left)


@needs_corpus
def test_cases_agree_or_the_difference_is_explained(tmp_path: Path) -> None:
    cases = [json.loads(line) for line in (SHARED / "corpus/cases.jsonl").open(encoding="utf-8")]
    differing: Counter[tuple[str, str]] = Counter()
    for number, case in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        if fires(case, folder) != case["fires"]:
            differing[case["peer"], case["rule"]] += 1
    table = (ROOT / "docs/disagreements.md").read_text(encoding="utf-8")
    explained = Counter(re.findall(r"^\| (\w+) \| ([\w-]+) \|", table, re.MULTILINE))
    del explained["peer", "rule"]
    assert differing == explained
    assert sum(differing.values()) <= (1 - AGREEMENT) * len(cases)


@needs_corpus
def test_every_code_of_the_catalogue_is_an_alias() -> None:
    known = {alias.lower() for rule in all_rules().values() for alias in rule.aliases}
    missing = []
    for line in (SHARED / "catalogue.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| concept"):
            columns = cells
        if not line.startswith("| ") or line.startswith("| concept") or len(cells) != len(columns):
            continue
        image_only = cells[1] == "image"
        for column, cell in zip(columns[2:], cells[2:], strict=True):
            if column == IMAGE_COLUMN and (image_only or "doc only" in cell):
                continue
            for entry in filter(None, cell.split("<br>")):
                code = entry.partition(" (")[0].strip()
                if code and code.lower() not in known:
                    missing.append((column, code, cells[0]))
    assert missing == []
