"""The Dockerfiles of the documents that dockgate was ordered by, and what must be said of each.

`fixtures/seeds/SECTION.Dockerfile` is the text of that section; beside it stands what a security
engineer would say of it: all findings, as rule and line.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dockgate.linter.run import lint_bytes

SEEDS = Path(__file__).parents[2] / "fixtures" / "seeds"
SECTIONS = ["2.1", "5.1", "5.2", "5.3"]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_seed_is_judged_as_expected(section: str) -> None:
    expected = json.loads((SEEDS / f"{section}.json").read_text())
    report = lint_bytes((SEEDS / f"{section}.Dockerfile").read_bytes(), "Dockerfile")
    assert report.failures == []
    found = sorted(
        [finding.rule.name, report.text.position(finding.span.start).line]
        for finding in report.findings
        if finding.span
    )
    assert found == sorted(expected["findings"])


def test_every_seed_is_judged() -> None:
    assert {path.stem for path in SEEDS.glob("*.Dockerfile")} == set(SECTIONS)
