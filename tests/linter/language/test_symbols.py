from __future__ import annotations

import pytest

from dockgate.linter.language.outline import outline
from dockgate.linter.language.symbols import (
    CannotRenameError,
    definitions,
    references,
    renameable,
    renamed,
)
from tests.linter.language.asked import TOKEN, analysed, at, at_cursor

FILE = """\
ARG VERSION=1
FROM debian:$VERSION AS build
ARG VERSION
ENV HOME=/srv
RUN echo "$VERSION" ${HOME}
FROM debian:12
COPY --from=Build /a /b
RUN --mount=type=bind,from=build,target=/x echo $HOME
FROM build
RUN echo $HOME '$HOME' \\
  $VERSION
COPY --from=0 /a /b
"""


def lines(text: str, what: str, nth: int = 0, *, defined: bool = False) -> list[int]:
    """The lines that the symbol at a part of the text leads to."""
    analysis, offset = at(text, what, nth)
    found = definitions(analysis, offset) if defined else references(analysis, offset, True)
    return [analysis.text.position(span.start).line for span in found]


@pytest.mark.parametrize(
    ("what", "nth", "line"),
    [
        ("build", 0, 2),  # its own name
        ("Build", 0, 2),
        ("build,target", 0, 2),
        ("build\nRUN", 0, 2),
        ("0 /a", 0, 2),
        ("VERSION AS", 0, 1),
        ('VERSION"', 0, 3),
        ("HOME}", 0, 4),
        ("HOME '", 0, 4),
    ],
)
def test_definition(what: str, nth: int, line: int) -> None:
    assert lines(FILE, what, nth, defined=True) == [line]


def test_references() -> None:
    assert lines(FILE, "build") == [2, 7, 8, 9, 12]
    assert lines(FILE, "VERSION") == [1, 2, 3, 5, 11]
    assert lines(FILE, "HOME=") == [4, 5, 10]


def test_references_without_the_declaration() -> None:
    analysis, offset = at(FILE, "HOME=")
    found = references(analysis, offset, False)
    assert [analysis.text.position(span.start).line for span in found] == [5, 10]


def test_what_another_stage_declares_is_not_seen() -> None:
    assert lines(FILE, "HOME\nFROM build", defined=True) == []
    assert lines("FROM a\nARG V=1\nFROM b\nRUN $V\n", "V\n") == []


def test_a_heredoc_uses_variables() -> None:
    text = "FROM a\nARG V=1\nRUN <<EOF\n# don't\necho $V\nEOF\nCOPY <<'EOF' /x\n$V\nEOF\n"
    assert lines(text, "V=1") == [2, 5]


def test_escapes_hide_variables() -> None:
    text = "FROM a\nARG V=1\nENV A=\\$V B=$V\n"
    assert lines(text, "V=1") == [2, 3]
    analysis, offset = at(text, "V", 1)
    assert definitions(analysis, offset) == []


def test_rename_a_stage() -> None:
    analysis, offset = at(FILE, "build")
    text = FILE
    for edit in sorted(renamed(analysis, offset, "make"), reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert text == FILE.replace("build", "make").replace("Build", "make")


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        ("FROM a AS |x\nFROM b AS y\n", "Y", "already"),
        ("FROM a AS |x\n", "1", "no stage's name"),
        ("FROM a AS |x\nFROM debian\n", "debian", "would change"),
        ("FROM a AS x\nENV |V=1\n", "W", "only a stage"),
        ("FROM a AS x\nCOPY --from=|0 /a /b\n", "y", "not written here"),
        ("FROM |a\n", "y", "not written here"),
    ],
)
def test_a_rename_that_is_refused(text: str, name: str, why: str) -> None:
    analysis, offset = at_cursor(text)
    with pytest.raises(CannotRenameError, match=why):
        renamed(analysis, offset, name)


def test_what_is_renamed_is_told_before() -> None:
    analysis, offset = at(FILE, "Build")
    symbol, span = renameable(analysis, offset)
    assert symbol.name == "build"
    assert analysis.text[span] == "Build"


def test_outline() -> None:
    nodes = outline(analysed(FILE))
    assert [(node.name, node.kind, node.detail) for node in nodes] == [
        ("ARG VERSION=1", "variable", ""),
        ("build", "stage", "FROM debian:1"),
        ("1", "stage", "FROM debian:12"),
        ("2", "stage", "FROM build"),
    ]
    assert [child.kind for child in nodes[1].children] == ["variable", "variable", "instruction"]
    for node in nodes:
        for inner in (node, *node.children):
            assert node.span.start <= inner.span.start <= inner.name_span.start
            assert inner.name_span.end <= inner.span.end <= node.span.end


def test_the_outline_holds_no_secret() -> None:
    nodes = outline(analysed(f"FROM a\nENV T={TOKEN}\n"))
    assert TOKEN not in str(nodes)
    assert "ghp_" in str(nodes)
