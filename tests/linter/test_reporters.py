from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockgate import __version__
from dockgate.linter.report import FileReport, ImageReport, Report
from dockgate.linter.reporters import hadolint, json_v1, text
from dockgate.linter.reporters.frame import MAX_FRAME_WIDTH, frame, width
from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity
from dockgate.rules.subjects.text import Span, Text

RULE: Rule[object] = Rule(
    "some-rule",
    object,
    Severity.WARNING,
    why="",
    check=lambda _subject: (),
    aliases=("CKV_1", "DL3006", "DL3007"),
    references=("CWE-1", "https://example.com/a"),
)


def finding(
    source: Text | None, part: str = "", severity: Severity = Severity.ERROR, **more: Any
) -> Finding:
    span = None
    if source is not None:
        start = source.text.index(part)
        span = Span(start, start + len(part))
    found = Finding("It is so", span, **more)
    found.rule, found.severity = RULE, severity
    return found


def report(source: str, part: str, **more: Any) -> Report:
    content = Text(source, "a/Dockerfile")
    return Report([FileReport(content.path, content, [finding(content, part, **more)])])


def image_report() -> Report:
    inside = finding(None, layer="sha256:" + "ab" * 32, path="etc/shadow")
    image = ImageReport("app:1", "sha256:" + "0" * 64, [inside])
    return Report(
        images=[image],
        verdict="refused",
        reasons=["1 error"],
        digest=image.digest,
    )


def test_the_text_has_place_code_and_help() -> None:
    rendered = text.render(report("FROM a\nUSER root\n", "root", help="Name another user"))
    assert rendered == (
        "a/Dockerfile:2:6 error some-rule It is so\n"
        "2 | USER root\n"
        "  |      ^^^^\n"
        "  help: Name another user\n"
        "\n"
        "1 error in 1 file\n"
    )


def test_a_fix_is_shown_as_a_diff() -> None:
    source = "FROM a\nADD . /app\nADD b /b\n"
    edits = (Edit(Span(7, 10), "COPY"), Edit(Span(18, 21), "COPY"))
    rendered = text.render(report(source, "ADD", fixes=[Fix("Use COPY", edits)]))
    assert (
        "  fix: Use COPY\n    - ADD . /app\n    + COPY . /app\n    - ADD b /b\n    + COPY b /b\n"
    ) in rendered
    assert rendered.endswith("1 error in 1 file (1 fixable with --fix)\n")


def test_an_unsafe_fix_and_a_deleted_line() -> None:
    fix = Fix("Drop it", (Edit(Span(7, 14), ""),), safe=False)
    rendered = text.render(report("FROM a\nUSER b\n", "b", fixes=[fix]))
    assert "  fix: Drop it (unsafe fix)\n    - USER b\n\n" in rendered
    assert "(1 fixable with --unsafe-fixes)" in rendered


def test_without_help_or_fix_the_page_is_named() -> None:
    assert "  help: dockgate explain some-rule\n" in text.render(report("USER x\n", "x"))


@pytest.mark.parametrize(
    ("source", "part", "rows"),
    [
        ("RUN 日本 x\n", "日本", ["1 | RUN 日本 x", "  |     ^^^^"]),
        ("RUN 日本 x\n", "x", ["1 | RUN 日本 x", "  |          ^"]),
        ("RUN\tx y\n", "y", ["1 | RUN    x y", "  |          ^"]),
        ("RUN e\u0301 y\n", "y", ["1 | RUN e\u0301 y", "  |       ^"]),
        ("\ufeffFROM a\n", "FROM", ["1 | FROM a", "  | ^^^^"]),
        ("RUN a\r\n", "a", ["1 | RUN a", "  |     ^"]),
        ("RUN \x1b[31mx\n", "x", ["1 | RUN \\x1b[31mx", "  |             ^"]),
        ("RUN \u202ex\n", "x", ["1 | RUN \\u202ex", "  |           ^"]),
        ("RUN \udcffx\n", "\udcff", ["1 | RUN \\xffx", "  |     ^^^^"]),
        ("FROM a", "", ["1 | FROM a", "  | ^"]),
        ("", "", ["1 |", "  | ^"]),
        (
            "RUN a \\\n    b \\\n    c\n",
            "a \\\n    b \\\n    c",
            [
                "1 | RUN a \\",
                "  |     ^^^",
                "2 |     b \\",
                "  |     ^^^",
                "3 |     c",
                "  |     ^",
            ],
        ),
    ],
)
def test_the_span_is_underlined_exactly(source: str, part: str, rows: list[str]) -> None:
    lines = text.render(report(source, part)).split("\n")
    assert lines[1 : 1 + len(rows)] == rows


def test_a_long_span_is_cut_in_the_middle() -> None:
    source = "RUN " + "".join(f"a{i} \\\n" for i in range(30)) + "b\n"
    lines = text.render(report(source, source.rstrip("\n"))).split("\n")
    numbers = [line.split("|")[0].strip() for line in lines if "|" in line]
    assert [n for n in numbers if n] == ["1", "2", "3", "...", "30", "31"]


@given(
    st.text(st.characters(codec=None), max_size=300),
    st.integers(0, 300),
    st.integers(0, 300),
)
def test_any_text_gives_a_frame_that_fits(source: str, start: int, length: int) -> None:
    content = Text(source)
    start = min(start, len(source))
    end = min(start + length, len(source))
    for _number, shown, marks in frame(content, Span(start, end)):
        assert all(c.isprintable() for c in shown + marks)
        assert marks.strip() in ("", "^" * len(marks.strip()))
        assert len(marks) <= max(width(shown), 10 * MAX_FRAME_WIDTH)


def test_a_line_of_ten_megabytes_is_cut_around_the_span() -> None:
    source = "RUN " + "x" * 5_000_000 + "HERE" + "y" * 5_000_000
    rendered = text.render(report(source, "HERE"))
    code, marks = rendered.split("\n")[1:3]
    assert len(code) < MAX_FRAME_WIDTH + 20
    assert code[marks.index("^") : marks.rindex("^") + 1] == "HERE"
    assert code.endswith("...")


def test_nothing_hostile_reaches_the_terminal() -> None:
    content = Text("FROM \x1b]0;x\x07\n", "a\x1b[2Jb\n")
    found = finding(content, "FROM", help="\x1b[0m")
    found.message = "bad \x1b[31m\r\nname\u202e"
    rendered = text.render(Report([FileReport(content.path, content, [found], ["x\x1b\ny"])]))
    assert all(c == "\n" or c.isprintable() for c in rendered)
    assert rendered.startswith("a\\x1b[2Jb\\n:1:1 error some-rule bad \\x1b[31m\\r\\nname\\u202e\n")


def test_colours_change_nothing_else() -> None:
    for made in (
        report("USER x\n", "x", fixes=[Fix("t", (Edit(Span(0, 4), "a"),))]),
        image_report(),
    ):
        colored = text.render(made, color=True)
        assert "\033[1;31merror\033[0m" in colored
        assert re.sub("\033\\[[0-9;]*m", "", colored) == text.render(made)


def test_brief_is_a_line_a_finding() -> None:
    assert text.render(report("USER x\n", "x"), brief=True) == (
        "a/Dockerfile:1:6 error some-rule It is so\n"
    )


def test_statistics_and_summary() -> None:
    content = Text("a b\n", "f")
    found = [finding(content, "a"), finding(content, "b"), finding(content, "a", Severity.INFO)]
    rendered = text.render(Report([FileReport("f", content, found)] * 2), statistics=True)
    assert rendered == (
        "     4 error   some-rule  in 2 files\n     2 info    some-rule  in 2 files\n"
        "4 errors, 2 info in 2 files\n"
    )
    assert text.render(Report([])) == "no findings in 0 files\n"


def test_failures_and_verdict_are_told() -> None:
    content = Text("", "f")
    rendered = text.render(Report([FileReport("f", content, [], ["rule x failed"])]))
    assert rendered == "f undecided rule x failed\nno findings in 1 file\n"
    assert text.render(image_report()) == (
        "app:1:/etc/shadow error some-rule It is so\n"
        "  layer: sha256:abababababab\n"
        "  help: dockgate explain some-rule\n"
        "\n"
        "1 error in 1 image\n"
        "refused sha256:" + "0" * 64 + "\n"
        "  1 error\n"
    )


def test_json_version_1() -> None:
    fix = Fix("t", (Edit(Span(9, 13), "x"),), safe=False)
    made = report("FROM \U0001f600\n😀 é root\n", "root", fixes=[fix], help="h")
    assert json.loads(json_v1.render(made)) == {
        "version": 1,
        "tool": {"name": "dockgate", "version": __version__},
        "diagnostics": [
            {
                "file": "a/Dockerfile",
                "rule": "some-rule",
                "severity": "error",
                "message": "It is so",
                "range": {
                    "start": {"line": 1, "character": 5},
                    "end": {"line": 1, "character": 9},
                },
                "line": 2,
                "column": 5,
                "endLine": 2,
                "endColumn": 9,
                "aliases": ["CKV_1", "DL3006", "DL3007"],
                "url": "https://example.com/a",
                "stage": None,
                "help": "h",
                "fixes": [
                    {
                        "title": "t",
                        "applicability": "unsafe",
                        "edits": [
                            {
                                "range": {
                                    "start": {"line": 1, "character": 3},
                                    "end": {"line": 1, "character": 7},
                                },
                                "newText": "x",
                            }
                        ],
                    }
                ],
            }
        ],
        "failures": [],
        "summary": {"files": 1, "error": 1, "warning": 0, "info": 0, "style": 0},
    }


def test_json_of_an_image() -> None:
    found = json.loads(json_v1.render(image_report()))
    (diagnostic,) = found["diagnostics"]
    assert diagnostic["image"] == "app:1"
    assert diagnostic["layer"] == "sha256:" + "ab" * 32
    assert diagnostic["path"] == "etc/shadow"
    assert "range" not in diagnostic
    assert (found["verdict"], found["reasons"]) == ("refused", ["1 error"])
    assert found["digest"] == "sha256:" + "0" * 64
    assert found["summary"]["images"] == 1


def test_a_byte_order_mark_is_no_character() -> None:
    found = json.loads(json_v1.render(report("\ufeffFROM a\n", "a")))["diagnostics"][0]
    assert found["range"]["start"] == {"line": 0, "character": 5}
    assert (found["column"], found["endColumn"]) == (6, 7)


def test_hadolint_is_a_flat_list() -> None:
    assert json.loads(
        hadolint.render(report("FROM a\nUSER x\n", "x", severity=Severity.STYLE))
    ) == [
        {
            "line": 2,
            "column": 6,
            "level": "style",
            "code": "DL3006",
            "message": "It is so",
            "file": "a/Dockerfile",
        }
    ]
    failed = Report([FileReport("f", Text(""), [], ["why"])])
    assert json.loads(hadolint.render(failed))[0]["code"] == "DL1000"
