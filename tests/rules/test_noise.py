"""Noise: what fails a lint of real Dockerfiles stays little (docs/noise.md holds the reading)."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.rules import noise

pytestmark = pytest.mark.skipif(not noise.FILES.exists(), reason="no corpus beside the repository")

#: Findings a file at warning or above on Docker's official images; hadolint gives 4.4.
MOST_A_FILE = 1.2


def test_official_images_are_left_in_peace() -> None:
    found, files = noise.everything()
    assert files[noise.OFFICIAL] > 100
    assert noise.official() <= MOST_A_FILE
    assert any(n.rule == "end-of-life-base" and n.repo.startswith(noise.OFFICIAL) for n in found)


def test_the_sample_is_the_same_for_everybody_and_mixed() -> None:
    drawn = noise.sample()
    assert len(set(drawn)) == len(drawn) == noise.SIZE
    assert drawn == noise.sample() != noise.sample(noise.SEED + 1)
    assert max(Counter(n.rule for n in drawn).values()) <= noise.MOST_OF_A_RULE
    assert all(n.owned for n in drawn)


def test_a_line_fits_a_cell() -> None:
    assert noise.shortened("  a |  `b`\t") == "a \\| 'b'"
    assert len(noise.shortened("x" * 500)) == noise.GIST
