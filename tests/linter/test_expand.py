"""Expansion as BuildKit's shell lexer does it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter.parsing.expand import MAX_RESULT, Budget, Expander, ExpansionError
from dockgate.linter.parsing.glob import Pattern
from dockgate.linter.parsing.scope import MAX_DEPTH, Scope, Variables

VALUES = {
    "NAME": "value",
    "EMPTY": "",
    "PATH": "/usr/bin:/bin",
    "LIST": "a  b",
    "FILE": "dir/sub.dir/file.tar.gz",
    "STAR": "a*b*c",
    "é": "accent",
    "1": "one",
}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("", ""),
        ("plain", "plain"),
        ("$NAME", "value"),
        ("${NAME}", "value"),
        ("$NAME-x", "value-x"),
        ("x$NAME$EMPTY$NAME", "xvaluevalue"),
        ("$NO", ""),
        ("$é", "accent"),
        ("$é.", "accent."),
        ("$1x", "onex"),
        ("$12", ""),
        ("a$", "a$"),
        ("$.", "$."),
        ("$$NAME", "NAME"),  # `$$` is a variable called `$`
        # quotes and escapes
        ("'$NAME'", "$NAME"),
        ('"$NAME"', "value"),
        ('"it\'s $NAME"', "it's value"),
        ("'a\\b'", "a\\b"),
        (r"\$NAME", "$NAME"),
        (r"a\nb", "anb"),
        (r'"a\nb"', r"a\nb"),
        (r'"\"\$\\"', r'"$\ '.strip()),
        ("a\\", "a"),
        ("''", ""),
        ("a'b'\"c\"d", "abcd"),
        # defaults and alternatives
        ("${NO:-other}", "other"),
        ("${NO-other}", "other"),
        ("${EMPTY:-other}", "other"),
        ("${EMPTY-other}", ""),
        ("${NAME:-other}", "value"),
        ("${NAME:+other}", "other"),
        ("${EMPTY:+other}", ""),
        ("${EMPTY+other}", "other"),
        ("${NO+other}", ""),
        ("${NO:-${NAME}}", "value"),
        ("${NO:-'a}b'}", "a}b"),
        ("${NO:-a b}", "a b"),
        ("${NAME:+$EMPTY}x", "x"),
        ("${NAME?wrong}", "value"),
        ("${EMPTY?wrong}", ""),
        # patterns
        ("${FILE#*/}", "sub.dir/file.tar.gz"),
        ("${FILE##*/}", "file.tar.gz"),
        ("${FILE%.*}", "dir/sub.dir/file.tar"),
        ("${FILE%%.*}", "dir/sub"),
        ("${FILE#dir}", "/sub.dir/file.tar.gz"),
        ("${FILE#x}", "dir/sub.dir/file.tar.gz"),
        ("${FILE#???}", "/sub.dir/file.tar.gz"),
        (r"${STAR#a\*}", "b*c"),
        (r"${STAR%\*c}", "a*b"),
        ("${NO#x}", ""),
        ("${FILE#[a-z]}", "dir/sub.dir/file.tar.gz"),  # no bracket expressions
        # replacement
        ("${NAME/a/o}", "volue"),
        ("${FILE/./_}", "dir/sub_dir/file.tar.gz"),
        ("${FILE//./_}", "dir/sub_dir/file_tar_gz"),
        ("${FILE//dir/}", "/sub./file.tar.gz"),
        ("${FILE/*/x}", "x"),
        (r"${FILE//\//-}", "dir-sub.dir-file.tar.gz"),
        ("${NAME//?/x}", "xxxxx"),
        ("${NAME/l*/}", "va"),
        ("${NO/a/b}", ""),
        ("${NAME//z/y}", "value"),
    ],
)
def test_word(word: str, expected: str) -> None:
    assert Expander(VALUES).word(word) == expected


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("${NAME", "missing '}'"),
        ("${", "missing '}'"),
        ("${}", "bad substitution"),
        ("${{NAME}", "bad substitution"),
        ("${:x}", "bad substitution"),
        ("${NAME:i}", "unsupported modifier (:i) in substitution"),
        ("${NAME^^}", "unsupported modifier (^) in substitution"),
        ("${NAME:-x", "missing '}'"),
        ("${NAME/x}", "missing '/' in ${}"),
        ("${NAME/x/y", "missing '}'"),
        ("'open", "matching single-quote"),
        ('"open', "matching double-quote"),
        ("${NO:?}", "NO: is not allowed to be unset"),
        ("${EMPTY:?}", "EMPTY: is not allowed to be empty"),
        ("${NO?set it}", "NO: set it"),
        (r"${NAME#\a}", "invalid escape"),
        ("${a:-" * 200 + "}" * 200, "nested too deeply"),
    ],
)
def test_refused(word: str, message: str) -> None:
    with pytest.raises(ExpansionError) as caught:
        Expander(VALUES).word(word)
    assert message in str(caught.value)


def test_backtick_as_escape() -> None:
    lex = Expander({"A": "x"}, "`")
    assert lex.word("C:\\$A`$A") == "C:\\x$A"


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("$NO", [("NO", 0, 3)]),
        ("a${NO}b$NAME", [("NO", 1, 6)]),
        ("${NO:-x}", []),
        ("${NO:+$OTHER}", []),
        ("${NAME:+$OTHER}", [("OTHER", 8, 14)]),
        ("${NO:-$OTHER}", [("OTHER", 6, 12)]),
        ("${NAME:-$OTHER}", []),
        ("${NO#x}", [("NO", 0, 7)]),
        ("'$NO'", []),
    ],
)
def test_unmatched(word: str, names: list[tuple[str, int, int]]) -> None:
    lex = Expander(VALUES)
    lex.word(word)
    assert [tuple(name) for name in lex.unmatched] == names


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("80 443/tcp", ["80", "443/tcp"]),
        ("$LIST", ["a", "b"]),
        ("'a b' c", ["a b", "c"]),
        ('"$LIST"', ["a  b"]),
        ("a\\ b", ["a b"]),
        ("x$LIST", ["xa", "b"]),
        ("$EMPTY", []),
        ("<<  EOF", ["<<  EOF"]),
        ("a\u00a0b", ["a", "b"]),
    ],
)
def test_words(word: str, expected: list[str]) -> None:
    assert Expander(VALUES).words(word) == expected


def test_skip_unset_leaves_words_as_written() -> None:
    lex = Expander({}, raw_quotes=True, raw_escapes=True, skip_unset=True)
    word = "a '$b' \"c\" \\d ${e} ${f:-g} $h"
    assert lex.word(word) == word


def test_growth_is_bounded() -> None:
    budget = Budget()
    with pytest.raises(ExpansionError, match="too much text"):
        Expander({"A": "a" * MAX_RESULT}, budget=budget).word("$A$A")
    small = Budget(10)
    assert Expander({"A": "a" * 5}, budget=small).word("$A") == "aaaaa"
    with pytest.raises(ExpansionError, match="too much text"):
        Expander({"A": "a" * 5}, budget=small).word("$A$A")


@given(st.text(alphabet="${}:-+?#%/*\\'\"`aNAME <é", max_size=40), st.sampled_from("\\`"))
def test_never_fails_otherwise(word: str, escape: str) -> None:
    for lex in (
        Expander(VALUES, escape),
        Expander(VALUES, escape, raw_quotes=True, raw_escapes=True, skip_unset=True),
        Expander(VALUES, escape, quotes=False),
    ):
        for call in (lex.word, lex.words):
            offset = 0
            try:
                call(word)
            except ExpansionError as error:
                offset = error.offset
            assert 0 <= offset <= len(word)


@given(
    st.text(alphabet="ab*?", max_size=6),
    st.text(alphabet="ab", max_size=8),
    st.booleans(),
    st.booleans(),
)
def test_patterns_against_a_search_of_all_matches(
    pattern: str, value: str, suffix: bool, longest: bool
) -> None:
    import fnmatch

    def matches(part: str) -> bool:
        return fnmatch.fnmatchcase(part, pattern)

    if suffix:
        found = [value[:i] for i in range(len(value) + 1) if matches(value[i:])]
    else:
        found = [value[i:] for i in range(len(value) + 1) if matches(value[:i])]
    expected = (min if longest else max)(found, key=len) if found else value
    assert Pattern(pattern).without(value, suffix=suffix, longest=longest) == expected


@given(st.text(alphabet="ab*?", min_size=1, max_size=5), st.text(alphabet="abc", max_size=8))
def test_replacement_against_a_regular_expression(pattern: str, value: str) -> None:
    import re

    regex = re.compile("".join({"*": ".*", "?": "."}.get(c, c) for c in pattern))
    assert "-".join(Pattern(pattern).replace(value, every=False)) == regex.sub("-", value, count=1)


def test_patterns_take_linear_time() -> None:
    start = time.process_time()
    assert Pattern("*a" * 500 + "*b").without("a" * 20000, suffix=False, longest=True)
    Pattern("*a" * 500 + "*b").replace("a" * 20000, every=True)
    assert time.process_time() - start < 2


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.text(max_size=2)), max_size=60))
def test_scopes_are_snapshots(assignments: list[tuple[str, str]]) -> None:
    plain: dict[str, str] = {}
    variables = Variables()
    taken: list[tuple[dict[str, str], Scope]] = []
    for number, (name, value) in enumerate(assignments):
        if number % 3 == 0:
            variables = Variables(variables.scope())  # a stage based on the last one
        variables.set(name, value)
        plain[name] = value
        taken.append((dict(plain), variables.scope()))
    for expected, scope in taken:
        assert {name: scope[name] for name in expected} == expected
        assert dict(scope) == expected
        assert list(scope) == list(expected)
        assert "missing" not in scope
        assert len(scope) == len(expected)


def test_scopes_stay_shallow() -> None:
    variables = Variables()
    for number in range(MAX_DEPTH * 4):
        variables.set(f"A{number}", "x")
        variables = Variables(variables.scope())
    scope = variables.scope()
    assert scope._depth <= MAX_DEPTH
    assert len(scope) == MAX_DEPTH * 4
