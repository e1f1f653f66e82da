"""JUnit and Checkstyle: what their readers get. That they are valid is test_formats' to say."""

from __future__ import annotations

from lxml import etree

from dockgate.linter.report import FileReport, Report
from dockgate.linter.reporters.xml import element, escaped
from dockgate.rules.rule import Severity
from dockgate.rules.subjects.text import Span, Text

from .readers import read
from .samples import found, image, linted, reports


def made(*severities: Severity) -> Report:
    text = Text("FROM a:1\nRUN b\n", "a/Dockerfile")
    findings = [found("sudo", f"it is {s.label}", Span(9, 12), severity=s) for s in severities]
    return Report([FileReport(text.path, text, findings)])


def test_junit_has_a_suite_a_file_and_a_test_a_finding() -> None:
    tree = read(made(Severity.ERROR, Severity.WARNING, Severity.INFO, Severity.STYLE), "junit")
    assert dict(tree.attrib) == {"name": "dockgate", "tests": "4", "failures": "2", "errors": "0"}
    (suite,) = tree
    assert suite.get("name") == "a/Dockerfile"
    assert [case.get("name") for case in suite] == ["sudo", "sudo #2", "sudo #3", "sudo #4"]
    assert [case[0].tag for case in suite] == ["failure", "failure", "skipped", "skipped"]
    failure = suite[0][0]
    assert failure.get("type") == "error"
    assert failure.get("message") == "a/Dockerfile:2:1: it is error"
    assert failure.text.startswith("a/Dockerfile:2:1: error sudo\nit is error\n")


def test_junit_has_a_passed_test_for_a_file_without_findings() -> None:
    ((case,),) = read(Report([FileReport("Dockerfile", Text(""), [])]), "junit")
    assert (case.get("name"), len(case)) == ("no findings", 0)


def test_junit_has_an_error_for_what_could_not_be_finished() -> None:
    tree = read(reports()["unfinished file"], "junit")
    assert (tree.get("errors"), tree[0].get("errors")) == ("1", "1")
    assert tree[0].find("testcase/error") is not None


def test_junit_has_the_verdict() -> None:
    kinds = {"accepted": None, "refused": "failure", "undecided": "error", "no image": "error"}
    for kind, outcome in kinds.items():
        suite = read(reports()[kind], "junit")[-1]
        (case,) = suite
        assert suite.get("name") == case.get("name") == "verdict"
        assert [child.tag for child in case] == ([outcome] if outcome else [])
    reason = read(reports()["no image"], "junit")[-1][0][0]
    assert reason.text == "no engine answers\n"


def test_checkstyle_has_an_error_a_finding() -> None:
    tree = read(made(Severity.ERROR, Severity.STYLE), "checkstyle")
    (file,) = tree
    assert file.get("name") == "a/Dockerfile"
    assert [dict(error.attrib) for error in file] == [
        {
            "line": "2",
            "column": "1",
            "severity": severity,
            "message": message,
            "source": "dockgate.sudo",
        }
        for severity, message in (("error", "it is error"), ("info", "it is style"))
    ]


def test_checkstyle_tells_failures_and_images_too() -> None:
    (file,) = read(reports()["unfinished file"], "checkstyle")
    assert file[-1].get("source") == "dockgate.unfinished"
    (file,) = read(Report(images=[image()]), "checkstyle")
    assert file[0].get("message") == "/usr/bin/a b%41: a file runs as root"


def test_names_and_texts_come_back_as_they_were() -> None:
    name = "<&\"'> tab\t line\n end\r 日本 \U0001f600 ]]>"
    tree = etree.fromstring(element("a", {"b": name}, [escaped(name)]))
    assert (tree.get("b"), tree.text) == (name, name)
    tree = etree.fromstring(element("a", {"b": "\x00\x1b\ud800\ufffe"}))
    assert tree.get("b") == "\ufffd" * 4


def test_the_same_file_is_told_once() -> None:
    tree = read(Report([linted("FROM debian\nRUN sudo x\n")]), "checkstyle")
    assert len(tree) == 1
