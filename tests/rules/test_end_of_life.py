"""The data on ends of support, and the clock that it is held against."""

from __future__ import annotations

import re
from datetime import date

from dockgate.rules.data import load
from dockgate.rules.registry import rules_of
from tests.rules.subjects import read, run

RULE = rules_of("dockerfile")["end-of-life-base"]


def days() -> list[tuple[str, str, str]]:
    images = load("end-of-life")["images"]
    branches = {image: found for image, found in images.items() if isinstance(found, dict)}
    return [(image, b, day) for image, found in branches.items() for b, day in found.items()]


def test_every_day_is_one_and_every_alias_leads_to_branches() -> None:
    for image, branch, day in days():
        assert date.fromisoformat(day).isoformat() == day, (image, branch)
        assert branch == branch.lower()
    data = load("end-of-life")
    for target in data["images"].values():
        assert isinstance(target, dict) or isinstance(data["images"][target], dict)
    for targets in data["systems"].values():
        assert all(isinstance(data["images"][target], dict) for target in targets)


def test_each_branch_is_found_on_the_day_after_its_end_and_not_before() -> None:
    for image, branch, day in days():
        if branch == "*":
            continue
        source = f"FROM {image}:{branch}\n"
        assert not run([RULE], read(source, {"today": day})), (image, branch)
        found = run([RULE], read(source, {"today": "2100-01-01"}))
        assert len(found) == 1, (image, branch)
        assert re.search(re.escape(day), found[0].message)


def test_without_a_day_the_clock_decides() -> None:
    assert run([RULE], read("FROM debian:jessie\n"))
    assert not run([RULE], read("FROM scratch\n"))
