"""detect-secrets in full behind the prefilter: the same findings, in a fraction of the time."""

from __future__ import annotations

import pytest
from detect_secrets.plugins.keyword import DENYLIST
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter.secret_search import loose_rows
from tests.linter.secret_search import both_ways, mixed
from tests.linter.secret_search.both_ways import behind
from tests.linter.secret_search.libraries import INSTALLED, LIBRARIES, installed


def test_the_keywords_are_those_of_detect_secrets() -> None:
    assert loose_rows.KEYWORDS == DENYLIST


def test_on_mixed_text_the_same_is_found() -> None:
    """The whole of it, 20 MB and the time that it takes, is `python -m tests.bench secrets`."""
    files = mixed.files(700_000)
    alone = both_ways.alone(files)
    assert len(alone) > 300
    assert len({kind for _, kind, _, _ in alone}) > 15
    assert behind(files) == alone


@pytest.mark.parametrize("names", INSTALLED[1:], ids="+".join)
def test_without_the_libraries_the_same_is_found(names: tuple[str, ...]) -> None:
    files = mixed.files(150_000)
    with installed(*LIBRARIES):
        with_all = behind(files)
    with installed(*names):
        assert behind(files) == with_all


WORDS = (
    "password", "secret", "api_key", "Pwd", "contraseña", "ſecret", "PRIVATEKEY", "_x", "[3]", "(",
    '"', "'", "`", " = ", ":=", ": ", "!=", "==", "=>", ";", "\t", "\x0b", "\u00a0", "\n",
    "deadbeef0123", "aB3dE5gH7jK9mN1pQ3sT5vW7xY9z", "8.8.4.4", "10.0.0.1", ".assign", "value", "id",
)  # fmt: skip


@pytest.mark.parametrize("names", [LIBRARIES, ()], ids="+".join)
def test_whatever_is_written_the_same_is_found(names: tuple[str, ...]) -> None:
    @settings(max_examples=300, deadline=None, database=None)
    @given(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=14),
        st.sampled_from(["a.py", "a.yml", "a.go", "a.cpp", "a.c", "a.properties", "a"]),
    )
    def holds(words: list[str], path: str) -> None:
        files = [(path, "".join(words).encode())]
        assert behind(files) == both_ways.alone(files)

    with installed(*names):
        holds()
