"""Whatever is typed into a real file: the server says what `dockgate lint` says of the text."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockgate.linter.run import lint_bytes
from tests.bench import corpus
from tests.linter.language.asked import TOKEN
from tests.linter.language.client import Client

pytestmark = pytest.mark.skipif(not corpus.CORPUS.exists(), reason="the corpus is not there")

MAX_LINES = 350

#: What people type, and what nobody should.
PIECES = (
    *("\n", "\r\n", "\r", " ", "\t", "#", '"', "'", "\\", "\\\n", "`", "$", "${", "}", "=", "--"),
    *("é", "漢字", "😀", "\u2028", "\x0b", "\x00", "\ufeff", "FROM ", "RUN ", "COPY --from=", "0"),
    *("USER root\n", "ENV PASSWORD=hunter2hunter2\n", "RUN <<EOF\ncd /x\nEOF\n", 'CMD ["a"'),
    *("# dockgate: ignore=root-user reason: test\n", "# escape=`\n", "FROM scratch AS x\n"),
    *("RUN curl -k https://example.com | sh\n", "\nHEALTHCHECK NONE\n", TOKEN),
)  # fmt: skip

_numbers = count()


def edits() -> st.SearchStrategy[list[tuple[float, float, str]]]:
    """(where, how much is replaced, text): the first two as parts of what there is."""
    where = st.floats(0, 1)
    size = st.one_of(st.just(0.0), st.floats(0, 0.05), st.floats(0, 1))
    typed = st.lists(st.sampled_from(PIECES), max_size=3).map("".join)
    return st.lists(st.tuples(where, size, typed), min_size=1, max_size=8)


def place(text: str, offset: int) -> dict[str, int]:
    """LSP's position of an offset, from the definition: lines end at CRLF, LF and CR."""
    if text[:offset].endswith("\r") and text[offset : offset + 1] == "\n":
        offset -= 1  # a line's end belongs to its line
    before = re.split("\r\n|\n|\r", text[:offset])
    return {"line": len(before) - 1, "character": len(before[-1].encode("utf-16-le")) // 2}


def expected(text: str, path: Path) -> list[tuple[str, Any, str]]:
    report = lint_bytes(text.encode(), str(path))
    found = [("undecided", _range(text, 0, 0), failure) for failure in report.failures]
    for finding in report.findings:
        start, end = finding.span or (0, 0)
        found.append((finding.rule.name, _range(text, start, end), finding.message))
    return found


def _range(text: str, start: int, end: int) -> dict[str, Any]:
    return {"start": place(text, start), "end": place(text, end)}


def shown(diagnostics: list[dict[str, Any]]) -> list[tuple[str, Any, str]]:
    return [(found["code"], found["range"], found["message"]) for found in diagnostics]


def files() -> list[str]:
    """Real files that are UTF-8 and not too long."""
    known = [file.data for file in corpus.real_files() if file.data.count(b"\n") <= MAX_LINES]
    return [data.decode() for data in known if data.decode("utf-8", "ignore").encode() == data]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), typed=edits())
def test_diagnostics_are_those_of_lint(
    client: Client, tmp_path: Path, data: st.DataObject, typed: list[tuple[float, float, str]]
) -> None:
    (tmp_path / ".git").mkdir(exist_ok=True)  # no configuration from further out
    text = data.draw(st.sampled_from(files()))
    path = tmp_path / f"Dockerfile.{next(_numbers)}"
    uri = path.as_uri()
    client.open(uri, text)
    assert shown(client.diagnostics(uri)) == expected(text, path)
    for where, size, new in typed:
        start = round(where * len(text))
        end = min(start + round(size * len(text)), len(text))
        # Between CR and LF there is no position.
        start, end = (at - (text[at - 1 : at + 1] == "\r\n" and at > 0) for at in (start, end))
        version = client.change(uri, {"range": _range(text, start, end), "text": new})
        text = text[:start] + new + text[end:]
        assert shown(client.diagnostics(uri, version)) == expected(text, path)
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert client.diagnostics(uri, None) == []
