"""short, grouped, jsonl: the formats that are read line by line."""

from __future__ import annotations

from dockgate.linter.report import FileReport, Report
from dockgate.rules.subjects.text import Span, Text

from .readers import read, valid
from .samples import corpus, found, image, reports


def made() -> Report:
    text = Text("FROM a:1\nRUN sudo\n", "a/Dockerfile")
    clean = FileReport("b", Text(""), [])
    findings = [found("sudo", "sudo is run", Span(13, 17)), found("root-user", "root", Span(0, 4))]
    return Report([FileReport("a/Dockerfile", text, findings, ["rule x raised"]), clean], [image()])


def test_short_has_one_line_a_finding() -> None:
    assert read(made(), "short") == [
        "a/Dockerfile:2:5: warning sudo sudo is run",
        "a/Dockerfile:1:1: error root-user root",
        "a/Dockerfile:1:1: error unfinished rule x raised",
        "registry.example.com:5000/app:1.0:/usr/bin/a b%41: warning image-setuid "
        "a file runs as root",
        "registry.example.com:5000/app:1.0: error image-root-user the image runs as root",
    ]
    assert read(Report([FileReport("b", Text(""), [])]), "short") == []


def test_grouped_has_a_block_a_file() -> None:
    assert read(made(), "grouped") == [
        "a/Dockerfile",
        "  2:5  warning  sudo        sudo is run",
        "  1:1  error    root-user   root",
        "  1:1  error    unfinished  rule x raised",
        "",
        "registry.example.com:5000/app:1.0",
        "  /usr/bin/a b%41  warning  image-setuid     a file runs as root",
        "                -  error    image-root-user  the image runs as root",
        "",
        "3 errors, 2 warnings in 2 files and 1 image, undecided",
    ]


def test_grouped_says_so_when_nothing_is_found() -> None:
    assert read(Report([FileReport("b", Text(""), [])]), "grouped") == ["no findings in 1 file"]
    assert read(reports()["accepted"], "grouped") == ["no findings in 1 image, accepted"]


def test_a_reason_is_told_unless_a_finding_tells_it() -> None:
    lines = read(reports()["refused"], "short")
    assert len(lines) == 3
    assert lines[-1].startswith(
        "registry.example.com:5000/app:1.0: error refused app: policy size.max_size: "
    )
    assert read(reports()["undecided"], "short")[-1].endswith(
        "error unfinished a layer could not be read"
    )
    assert read(reports()["no image"], "short") == ["undecided: error undecided no engine answers"]


def test_jsonl_has_the_diagnostics_of_json() -> None:
    report = Report(corpus(25))
    lines = read(report, "jsonl")
    assert {line.pop("type") for line in lines} == {"diagnostic"}
    assert lines == read(report, "json")["diagnostics"]


def test_jsonl_ends_with_failures_and_the_verdict() -> None:
    *_, failure, verdict = read(reports()["undecided"], "jsonl")
    assert failure == {
        "type": "failure",
        "file": "registry.example.com:5000/app:1.0",
        "message": "a layer could not be read",
    }
    assert verdict["type"] == "verdict"
    assert verdict["verdict"] == "undecided"
    assert valid({**verdict, **_EMPTY}, "docs/json-v1.json")
    failure.pop("type")
    assert valid({**_EMPTY, "failures": [failure]}, "docs/json-v1.json")


_EMPTY = {
    "version": 1,
    "tool": {"name": "dockgate", "version": "1"},
    "diagnostics": [],
    "failures": [],
    "summary": {"files": 0, "error": 0, "warning": 0, "info": 0, "style": 0},
}
