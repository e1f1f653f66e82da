"""A lint that remembers the last one finds what one without memory finds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter import document, secrets, shell
from dockgate.linter.config import DEFAULT_CONFIG
from dockgate.linter.language.memo import Memo
from dockgate.linter.run import Scope, lint
from dockgate.rules.registry import entries
from dockgate.rules.subjects.shell import Command, Script
from tests.bench import corpus
from tests.linter.language.asked import TOKEN

#: All rules: many read the scripts.
EVERY = DEFAULT_CONFIG.with_options(select=frozenset(entries("dockerfile")) - {"shellcheck"})

TEXT = f"""\
FROM debian:12 AS a
ARG NPM_TOKEN
RUN sudo env A=b sh -c 'cd /x && curl -k "$(cat u)" | bash' >/dev/null 2>&1 <<WORDS
$(make) ${{A:-x}}
WORDS
ONBUILD RUN export P=q; if [ -z "$P" ]; then pip install requests; fi
RUN ["sh", "-c", "apt-get install curl; echo hi > hi"]
RUN <<SCRIPT
#!/bin/bash
a=(1 2); cat <<<$(ls) && sudo true
SCRIPT
RUN {{ echo a; (cd /b && cat c) >d; }} >e 2>&1 <f; for i in 1 2; do echo "$i" >>g; done | tee h
RUN if broken
HEALTHCHECK CMD curl localhost || exit 1
ENV TOKEN={TOKEN} X=$NPM_TOKEN
FROM a
RUN echo {TOKEN}
CMD exec app
"""

PIECES = (
    *("\n", "\\", "'", '"', "$", "#", ";", "x", " ", "if ", "\nSCRIPT\n", "<<WORDS", TOKEN),
    *('SHELL ["bash", "-c"]\n', "ARG Q\n", "RUN sudo true\n", "# escape=`\n"),
)


def plain(value: Any, above: tuple[int, ...] = ()) -> Any:
    """A script as plain data, all its places included."""
    if id(value) in above:
        return "…"
    names: Any = getattr(value, "_fields", ()) or getattr(type(value), "__slots__", ())
    if isinstance(value, Command):
        names = [name for name in names if name not in ("pipe_from", "pipe_to")]
    if names:
        return [(name, plain(getattr(value, name), (*above, id(value)))) for name in names]
    if isinstance(value, list | tuple):
        return [plain(one, above) for one in value]
    return value


def scripts(data: bytes, memo: Memo | None) -> list[Script | None]:
    dockerfile = document.read(data)
    if memo is not None:
        memo.begin()
    shell.attach(dockerfile, memo)
    return [instruction.script for instruction in dockerfile.with_triggers()]


def found(data: bytes, memo: Memo | None) -> list[Any]:
    report, dockerfile = lint(data, "Dockerfile", EVERY, Scope(), memo)
    assert dockerfile is not None
    kept = [secret for one in dockerfile.with_triggers() for secret in one.secrets]
    findings = [(f.rule.name, f.span, f.message, f.fixes) for f in report.findings]
    return [*findings, *kept, *report.failures]


@pytest.mark.parametrize("before", ["", "# a comment\n", "ENV Z=1\n", "# escape=`\n"])
def test_scripts_move_with_their_text(before: str) -> None:
    memo = Memo()
    scripts(TEXT.encode(), memo)
    for head in (before, before + before, ""):
        data = (head + TEXT).encode()
        assert plain(scripts(data, memo)) == plain(scripts(data, None))


def test_what_is_the_same_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    original = shell.read

    def counted(instruction: Any, *rest: Any) -> Any:
        read.append(instruction.original)
        return original(instruction, *rest)

    monkeypatch.setattr(shell, "read", counted)
    memo, data = Memo(), b"FROM a\nRUN one\nRUN two\nRUN two\n"
    scripts(data, memo)
    assert len(read) == 3
    scripts(data.replace(b"one", b"four"), memo)
    assert read[3:] == ["RUN four"]


def test_what_is_clean_is_not_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    original = secrets._of_instruction

    def counted(instruction: Any, search: Any) -> Any:
        searched.append(instruction.original)
        return original(instruction, search)

    monkeypatch.setattr(secrets, "_of_instruction", counted)
    memo, data = Memo(), f"FROM a\nRUN echo {TOKEN}\nRUN one\n".encode()
    first = found(data, memo)
    del searched[:]
    assert found(data, memo) == first
    assert searched == [f"RUN echo {TOKEN}"]


@pytest.mark.skipif(not corpus.CORPUS.exists(), reason="the corpus is not there")
def test_scripts_of_real_files_move() -> None:
    for file in corpus.real_files()[::9]:
        memo = Memo()
        scripts(file.data, memo)
        data = b"# moved\n" + file.data
        assert plain(scripts(data, memo)) == plain(scripts(data, None))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.sampled_from([0, 0, 1, 5, 40]), st.sampled_from(PIECES)),
        max_size=12,
    )
)
def test_edits_with_and_without_memory(edits: list[tuple[float, int, str]]) -> None:
    text, memo = TEXT, Memo()
    found(text.encode(), memo)
    for where, size, new in edits:
        at = round(where * len(text))
        text = text[:at] + new + text[at + size :]
        assert found(text.encode(), memo) == found(text.encode(), None)


def test_no_more_is_kept_than_two_lints_made() -> None:
    memo = Memo()
    for number in range(50):
        found(b"FROM a\nRUN echo %d\n" % number, memo)
    kept = [memo._scripts, memo._known_scripts, memo._clean, memo._known_clean]
    assert 0 < sum(map(len, kept)) <= 2 * 4
