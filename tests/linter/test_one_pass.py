"""Many expressions at once: whichever library is there says what `re` says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter.one_pass import OnePass
from tests.linter.secret_search.libraries import INSTALLED, installed

EXPRESSIONS = (
    b"abc", rb"(?i)Token[ \t]*=", rb"a{3,5}b", rb"[\x80-\xff]+x", rb"\bnc\b", rb"^#!", rb"a.c\n",
    rb"(?:k|key)[^\n]{0,9}z", rb"\$\{", b"\\x00\\x01",
)  # fmt: skip
PARTS = (
    b"abc", b"TOKEN \t=", b"aaa", b"aaaaaab", b"\xc3\xa9x", b" nc ", b"#!", b"a\xffc\n", b"key=",
    b"z", b"${", b"\0\1", b"\n", b"_",
)  # fmt: skip


@pytest.mark.parametrize("names", INSTALLED[:3], ids="+".join)
def test_it_says_what_re_says(names: tuple[str, ...]) -> None:
    with installed(*names):
        together = OnePass(EXPRESSIONS)

        @settings(max_examples=300, deadline=None, database=None)
        @given(st.lists(st.sampled_from(PARTS), max_size=8).map(b"".join))
        def holds(data: bytes) -> None:
            expected = [n for n, one in enumerate(EXPRESSIONS) if re.search(one, data)]
            assert together.find(data) == expected

        holds()


def test_without_a_library_it_says_so() -> None:
    with installed():
        assert not OnePass(EXPRESSIONS).works
