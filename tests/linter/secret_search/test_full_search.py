"""detect-secrets in full behind the prefilter: the same findings, in a fraction of the time."""

from __future__ import annotations

import sys

import pytest
from detect_secrets.plugins.keyword import DENYLIST
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter.secret_search import loose_rows, prefilter
from tests.linter.secret_search import both_ways, mixed
from tests.linter.secret_search.both_ways import behind


def test_the_keywords_are_those_of_detect_secrets() -> None:
    assert loose_rows.KEYWORDS == DENYLIST


def test_on_mixed_text_the_same_is_found() -> None:
    """The whole of it, 20 MB and the time that it takes, is `python -m tests.bench secrets`."""
    files = mixed.files(700_000)
    alone = both_ways.alone(files)
    assert len(alone) > 300
    assert len({kind for _, kind, _, _ in alone}) > 15
    assert behind(files) == alone


def test_without_re2_the_same_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    files = mixed.files(150_000)
    with_re2 = behind(files)
    monkeypatch.setitem(sys.modules, "re2", None)
    prefilter.bytes_filter.cache_clear()
    loose_rows.loose_filter.cache_clear()
    try:
        assert loose_rows.loose_filter()._re2 is None
        assert behind(files) == with_re2
    finally:
        prefilter.bytes_filter.cache_clear()
        loose_rows.loose_filter.cache_clear()


WORDS = (
    "password", "secret", "api_key", "Pwd", "contraseña", "ſecret", "PRIVATEKEY", "_x", "[3]", "(",
    '"', "'", "`", " = ", ":=", ": ", "!=", "==", "=>", ";", "\t", "\x0b", "\u00a0", "\n",
    "deadbeef0123", "aB3dE5gH7jK9mN1pQ3sT5vW7xY9z", "8.8.4.4", "10.0.0.1", ".assign", "value", "id",
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=14),
    st.sampled_from(["a.py", "a.yml", "a.go", "a.cpp", "a.c", "a.properties", "a"]),
)
def test_whatever_is_written_the_same_is_found(words: list[str], path: str) -> None:
    files = [(path, "".join(words).encode())]
    assert behind(files) == both_ways.alone(files)
