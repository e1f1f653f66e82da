"""Servers to speak to. One for all tests of a module, for starting it takes a third of a second."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.linter.language.client import Client

_numbers = count()


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Client() as running:
        running.start()
        yield running


@pytest.fixture
def fresh() -> Iterator[Client]:
    """A server of one's own, not started yet."""
    with Client() as running:
        yield running


@pytest.fixture
def uri(tmp_path: Path) -> str:
    """A document's, out of reach of any configuration."""
    (tmp_path / ".git").mkdir()
    return (tmp_path / f"Dockerfile.{next(_numbers)}").as_uri()
