"""The one contract that every rule keeps: its examples are its tests (design, "A rule")."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dockgate.linter.fixes import apply
from dockgate.rules.registry import all_rules
from dockgate.rules.rule import Example, Rule
from dockgate.rules.subjects.image import Image
from tests.rules.subjects import findings, lines, read

RULES = list(all_rules().values())
CASES = [
    pytest.param(rule, example, id=f"{rule.name}-{'bad' if _bad else 'good'}-{index}")
    for rule in RULES
    for index, example in enumerate(rule.examples)
    for _bad in [bool(example.at or example.found)]
]
FIXED = [case for case in CASES if case.values[1].fixed is not None]  # type: ignore[union-attr]


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_it_fires_exactly_where_it_says(rule: Rule[Any], example: Example, tmp_path: Path) -> None:
    found = findings(rule, example, tmp_path)
    if rule.subject is Image:
        assert sorted(f.path or "config" for f in found) == sorted(example.found)
    else:
        assert lines(example.source, found) == sorted(example.at)


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_its_findings_can_be_read(rule: Rule[Any], example: Example, tmp_path: Path) -> None:
    """A message is one line of its own, and its place is within the file and not empty."""
    for finding in findings(rule, example, tmp_path):
        assert finding.message.strip()
        assert "\n" not in finding.message + finding.help
        assert not finding.message.endswith(".")
        if rule.subject is not Image:
            assert finding.span is not None
            size = len(read(example.source).text.text)
            assert 0 <= finding.span.start < finding.span.end <= size


@pytest.mark.parametrize(("rule", "example"), FIXED)
def test_its_fix_gives_what_it_says(rule: Rule[Any], example: Example, tmp_path: Path) -> None:
    found = findings(rule, example, tmp_path)
    assert any(finding.fixes for finding in found)
    fixed = apply(example.source, [fix for finding in found for fix in finding.fixes])
    assert fixed == example.fixed
    assert not read(fixed).errors or read(example.source).errors
    again = findings(rule, example._replace(source=fixed), tmp_path)
    assert again == []
    assert apply(fixed, [fix for finding in again for fix in finding.fixes]) == fixed


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_an_example_shows_the_fix_that_there_is(
    rule: Rule[Any], example: Example, tmp_path: Path
) -> None:
    """So that every fix is seen, in the docs and here: no fix without its `fixed`."""
    found = findings(rule, example, tmp_path)
    if any(finding.fixes for finding in found):
        assert example.fixed is not None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_it_says_what_it_is(rule: Rule[Any]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", rule.name)
    assert len(rule.why) >= 150, "why says what goes wrong, for whom"
    assert rule.url.startswith("https://")
    assert len(set(rule.aliases)) == len(rule.aliases)
    assert all(alias == alias.strip() and alias for alias in rule.aliases)
    bads = [example for example in rule.examples if example.at or example.found]
    assert len(bads) >= (1 if rule.subject is Image else 2)
    assert len(rule.examples) - len(bads) >= 1
