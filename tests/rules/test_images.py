"""Patterns for images and registries: what they mean and what they must not."""

from __future__ import annotations

import pytest

from dockgate.rules.subjects.images import matches
from tests.rules.subjects import read


@pytest.mark.parametrize(
    ("image", "pattern", "expected"),
    [
        ("debian:12", "docker.io", True),
        ("debian:12", "index.docker.io", True),
        ("index.docker.io/library/debian", "docker.io", True),
        ("registry-1.docker.io/library/debian", "docker.io/library/debian", True),
        ("debian:12", "docker.io/library", True),
        ("debian:12", "docker.io/library/deb", False),
        ("debian:12", "docker.io/library/debian:12", True),
        ("debian:12", "docker.io/library/debian:1*", True),
        ("debian", "docker.io/library/debian:*", True),
        ("debian:12@sha256:" + 64 * "a", "docker.io/library/debian:12", True),
        ("ghcr.io/org/app:1", "ghcr.io/org/*", True),
        ("ghcr.io/org/team/app:1", "ghcr.io/org/*", True),
        ("ghcr.io/organised/app:1", "ghcr.io/org/*", False),
        ("ghcr.io/organised/app:1", "ghcr.io/org", False),
        ("a.example.com/x", "*.example.com", True),
        ("example.com/x", "*.example.com", False),
        ("evil-example.com/x", "*.example.com", False),
        ("a.example.com.evil.net/x", "*.example.com", False),
        ("r.example.com:5000/x", "r.example.com:5000", True),
        ("r.example.com:5000/x", "r.example.com", False),
        ("r.example.com:5000/x:2", "r.example.com:5000/x:2", True),
        ("R.Example.com/x", "r.example.COM", True),
        ("localhost/x", "docker.io", False),
        ("docker.io.evil.net/x", "docker.io", False),
    ],
)
def test_what_a_pattern_means(image: str, pattern: str, expected: bool) -> None:
    (reference,) = read(f"FROM {image}\n").references
    assert matches(reference, pattern) is expected
