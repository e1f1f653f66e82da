from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter.config import DEFAULT_CONFIG
from dockgate.linter.fixes import fix_text
from dockgate.linter.language import actions
from dockgate.linter.language.actions import changes, fix_all, quick_fixes
from dockgate.linter.language.analysis import Analysis
from dockgate.linter.run import lint_bytes
from dockgate.rules.rule import Edit
from dockgate.rules.subjects.text import Span
from tests.bench import corpus
from tests.linter.language.asked import TOKEN, analysed


def applied(analysis: Analysis, edits: tuple[Edit, ...]) -> str:
    """The text as an editor makes it of the edits."""
    text = analysis.buffer.text
    made = [analysis.buffer.edit(edit.span, edit.text) for edit in edits]
    for span, new in sorted(made, reverse=True):
        text = text[: span.start] + new + text[span.end :]
    return text


def after(text: str, title: str) -> str:
    """The text after the action of this title, which the whole file offers."""
    analysis = analysed(text)
    found = quick_fixes(analysis, Span(0, len(text)))
    action = next(action for action in found if re.fullmatch(title, action.title))
    return applied(analysis, action.edits)


def rules_in(text: str) -> set[str]:
    return {finding.rule.name for finding in lint_bytes(text.encode(), "Dockerfile").findings}


def test_safe_fixes_come_first_and_are_preferred() -> None:
    text = "FROM debian:12\nRUN apt-get install curl\n"
    found = [a for a in quick_fixes(analysed(text), Span(0, len(text))) if "gnore" not in a.title]
    assert [action.preferred for action in found] == sorted(
        (action.preferred for action in found), reverse=True
    )
    assert {action.preferred for action in found} == {True, False}
    assert all(("(unsafe" in action.title) is not action.preferred for action in found)


def test_only_findings_at_the_place_are_offered() -> None:
    text = "FROM debian:12\nRUN cd /x && make\nUSER root\n"
    at = text.index("USER root") + 6
    names = {a.finding.rule.name for a in quick_fixes(analysed(text), Span(at, at))}
    assert "root-user" in names
    assert "unpinned-base" not in names


IGNORED = [
    # the file, the comment's line, what it holds
    ("FROM debian:12\nUSER root\n", 2, "# dockgate: ignore=root-user reason: "),
    ("FROM debian:12\r\nUSER root\r\n", 2, "# dockgate: ignore=root-user reason: "),
    ("FROM debian:12\n  USER root", 2, "  # dockgate: ignore=root-user reason: "),
    ("FROM debian:12\nUSER \\\n  root\n", 2, "# dockgate: ignore=root-user reason: "),
    ("FROM debian:12\nUSER \\\n# why\n\n  root\n", 2, "# dockgate: ignore=root-user reason: "),
    (
        "FROM debian:12\n# dockgate: ignore=missing-user reason: a, b\nUSER root\n",
        2,
        "# dockgate: ignore=missing-user,root-user reason: a, b",
    ),
]


@pytest.mark.parametrize(("text", "line", "comment"), IGNORED)
def test_ignore_here(text: str, line: int, comment: str) -> None:
    assert "root-user" in rules_in(text)
    made = after(text, "Ignore root-user here, with a reason")
    assert made.split("\n")[line - 1].rstrip("\r") == comment
    assert "root-user" not in rules_in(made)
    assert ("\r\n" in made) == ("\r\n" in text)
    assert made.count("\r") in (0, made.count("\n"))


def test_ignore_in_a_heredoc_and_a_continued_run() -> None:
    text = (
        "FROM debian:12\nRUN true && \\\n  curl -k https://example.com\nRUN <<EOF\nsudo ls\nEOF\n"
    )
    for rule, first in (("tls-verification-disabled", "RUN true"), ("sudo", "RUN <<EOF")):
        made = after(text, f"Ignore {rule} here, with a reason")
        assert f"# dockgate: ignore={rule} reason: \n{first}" in made
        assert rule not in rules_in(made)


@pytest.mark.parametrize(
    "text",
    [
        "FROM debian:12\nUSER root\n",
        "\ufeffFROM debian:12\nUSER root\n",
        "# syntax=docker/dockerfile:1\n# escape=`\nFROM debian:12\nUSER root\n",
        "#!/usr/bin/env docker-build\nFROM debian:12\nUSER root\n",
        "# dockgate: ignore-file=missing-healthcheck reason: a job\nFROM debian:12\nUSER root\n",
    ],
)
def test_ignore_in_this_file(text: str) -> None:
    made = after(text, "Ignore root-user in this file")
    assert "root-user" in rules_in(text)
    assert "root-user" not in rules_in(made)
    before, now = analysed(text).dockerfile, analysed(made).dockerfile
    assert before is not None
    assert now is not None
    assert [d.name for d in now.directives] == [d.name for d in before.directives]
    assert made.startswith("\ufeff") == text.startswith("\ufeff")
    assert made.count("ignore-file=") == 1


def test_a_locked_rule_is_not_to_be_ignored() -> None:
    locked = DEFAULT_CONFIG.selection.changed(locked={"root-user": None})
    text = "FROM debian:12\nUSER root\n"
    offered = []
    for config in (
        DEFAULT_CONFIG,
        DEFAULT_CONFIG.changed(selection=locked),
        DEFAULT_CONFIG.changed(inline_ignores=False),
    ):
        found = quick_fixes(analysed(text, config), Span(0, len(text)))
        offered.append(sum(action.title.startswith("Ignore root-user") for action in found))
    assert offered == [2, 0, 0]


def test_a_directive_cannot_be_ignored_by_a_line_comment() -> None:
    text = "# SYNTAX=docker/dockerfile:1\nFROM debian:12\n"
    only = DEFAULT_CONFIG.selection.changed(only=frozenset({"directive-casing"}))
    analysis = analysed(text, DEFAULT_CONFIG.changed(selection=only))
    titles = [action.title for action in quick_fixes(analysis, Span(0, 20))]
    assert "Ignore directive-casing in this file" in titles
    assert "Ignore directive-casing here, with a reason" not in titles


def test_secrets_are_not_in_titles() -> None:
    text = f"FROM debian:12\nENV GITHUB_TOKEN={TOKEN}\n"
    titles = [action.title for action in quick_fixes(analysed(text), Span(0, len(text)))]
    assert titles
    assert not [title for title in titles if TOKEN in title]


@pytest.mark.skipif(not corpus.CORPUS.exists(), reason="the corpus is not there")
def test_fix_all_is_what_fix_does() -> None:
    files = corpus.real_files()[::40]
    changed = 0
    for file in files:
        text = file.data.decode("utf-8", "replace")
        analysis = analysed(text)
        edits, failure = fix_all(analysis)
        wanted = fix_text(text.encode(), "Dockerfile", DEFAULT_CONFIG, False).decode()
        assert not failure
        assert applied(analysis, edits) == wanted
        changed += wanted != text
        assert (wanted != text) <= actions.has_safe_fix(analysis)
    assert changed > len(files) // 10


@settings(max_examples=200)
@given(*[st.text(st.sampled_from("ab\n\r\u2028"), max_size=30)] * 2)
def test_changes_make_the_one_of_the_other(before: str, after: str) -> None:
    text = before
    for edit in reversed(list(changes(before, after))):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert text == after


def test_changes_of_a_large_file_are_one_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MAX_COMPARED_LINES", 3)
    assert list(changes("a\nb\nc\nd\ne\nz\n", "a\nB\nc\nD\nE\nz\n")) == [
        Edit(Span(2, 10), "B\nc\nD\nE\n")
    ]
