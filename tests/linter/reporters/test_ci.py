"""github, gitlab, gitlab-container-scanning, sonarqube: what these places get."""

from __future__ import annotations

import os
from typing import Any

import pytest

from dockgate.linter.report import FileReport, Report
from dockgate.rules.rule import Severity
from dockgate.rules.subjects.text import Span, Text

from .readers import read
from .samples import DIGEST, LAYER, NAMES, corpus, found, image, linted, reports


def one(source: str, part: str, severity: Severity = Severity.ERROR, path: str = "d") -> Report:
    start = source.index(part)
    span = Span(start, start + len(part))
    finding = found("sudo", "50% of it, says: %0A", span, severity=severity)
    return Report([FileReport(path, Text(source, path), [finding])])


def test_github_annotates_the_lines() -> None:
    ((command, properties, message),) = read(one("FROM a:1\nRUN é sudo\n", "sudo"), "github")
    assert command == "error"
    assert properties == {
        "file": "d",
        "line": "2",
        "col": "7",
        "endLine": "2",
        "endColumn": "11",
        "title": "dockgate sudo",
    }
    assert message == "50% of it, says: %0A"


def test_github_takes_no_columns_of_several_lines() -> None:
    ((_, properties, _),) = read(one("RUN a \\\n b\n", "a \\\n b"), "github")
    assert properties == {"file": "d", "line": "1", "endLine": "2", "title": "dockgate sudo"}


def test_github_has_three_levels() -> None:
    told = [read(one("RUN a\n", "a", severity), "github")[0][0] for severity in Severity]
    assert told == ["notice", "notice", "warning", "error"]


@pytest.mark.parametrize("name", [name for name in NAMES if "\udce9" not in name])
def test_github_gets_any_path_whole(name: str) -> None:
    _, properties, _ = read(Report([linted("FROM debian\n", name)]), "github")[0]
    assert os.path.abspath(properties["file"]) == os.path.abspath(name)


def test_github_tells_of_images_by_their_names() -> None:
    (_, properties, message), *_ = read(Report(images=[image()]), "github")
    assert properties == {"title": "dockgate image-setuid"}
    assert message == "registry.example.com:5000/app:1.0:/usr/bin/a b%41: a file runs as root"


def test_gitlab_has_an_issue_a_finding() -> None:
    report = one("FROM a:1\nRUN sudo \\\n x\n", "sudo \\\n x", path="./a/../b/Dockerfile")
    (issue,) = read(report, "gitlab")
    fingerprint = issue.pop("fingerprint")
    assert len(fingerprint) == 32
    assert issue == {
        "type": "issue",
        "check_name": "sudo",
        "description": "50% of it, says: %0A",
        "severity": "critical",
        "location": {"path": "b/Dockerfile", "lines": {"begin": 2, "end": 3}},
    }


def test_gitlab_needs_every_fingerprint_once() -> None:
    dockerfile = "FROM a:1\nRUN sudo x\nRUN sudo x\n"
    issues = read(Report([linted(dockerfile), linted(dockerfile, "other")]), "gitlab")
    issues += read(Report(corpus(20)), "gitlab")
    prints = [issue["fingerprint"] for issue in issues]
    assert len(prints) > 100
    assert len(set(prints)) == len(prints)


def test_gitlab_blocks_on_what_could_not_be_finished() -> None:
    assert read(reports()["unfinished file"], "gitlab")[-1]["severity"] == "blocker"


def test_container_scanning_has_a_vulnerability_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    told = read(Report(images=[image()], verdict="refused", digest=DIGEST), GITLAB)
    assert told["scan"]["start_time"] == told["scan"]["end_time"] == "2023-11-14T22:13:20"
    assert told["scan"]["status"] == "success"
    setuid, user = told["vulnerabilities"]
    assert setuid["name"] == "Image setuid"
    assert setuid["severity"] == "Medium"
    assert setuid["description"].startswith("a file runs as root\n\n")
    assert setuid["solution"] == "chmod"
    assert setuid["identifiers"][0]["value"] == "image-setuid"
    assert {"type": "cwe", "name": "CWE-250", "value": "250"}.items() <= _cwe(user).items()
    assert setuid["location"] == {
        "image": "registry.example.com:5000/app:1.0",
        "operating_system": "unknown",
        "dependency": {"package": {"name": "/usr/bin/a b%41"}, "version": LAYER},
    }
    assert user["location"]["dependency"]["version"] == DIGEST
    assert setuid["id"] != user["id"]


GITLAB = "gitlab-container-scanning"


def _cwe(vulnerability: dict[str, Any]) -> dict[str, str]:
    return next(found for found in vulnerability["identifiers"] if found["value"] == "250")


@pytest.mark.parametrize("kind", ["undecided", "no image", "refused build"])
def test_container_scanning_fails_where_nothing_was_decided(kind: str) -> None:
    scan = read(reports()[kind], GITLAB)["scan"]
    assert scan["status"] == "failure"
    assert scan["messages"]


def test_container_scanning_tells_the_rest_in_messages() -> None:
    messages = read(reports()["refused"], GITLAB)["scan"]["messages"]
    assert [message["level"] for message in messages] == ["warn"]
    assert "policy size.max_size" in messages[0]["value"]


@pytest.mark.parametrize("epoch", ["", "soon", "1e400", "9" * 40])
def test_container_scanning_has_a_time_in_any_case(
    epoch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    read(reports()["accepted"], GITLAB)


def test_sonarqube_has_the_rules_that_its_issues_name() -> None:
    told = read(reports()["findings"], "sonarqube")
    names = [rule["id"] for rule in told["rules"]]
    assert len(set(names)) == len(names)
    assert {issue["ruleId"] for issue in told["issues"]} == set(names)
    rules = {rule["id"]: rule for rule in told["rules"]}
    assert rules["root-user"]["impacts"] == [{"softwareQuality": "SECURITY", "severity": "HIGH"}]
    assert (rules["root-user"]["type"], rules["root-user"]["severity"]) == (
        "VULNERABILITY",
        "CRITICAL",
    )


@pytest.mark.parametrize(
    ("source", "part", "expected"),
    [
        ("RUN 😀 b\n", "b", (1, 7, 1, 8)),
        ("\ufeffRUN b\n", "b", (1, 4, 1, 5)),
        ("RUN b\r\nX\n", "b\r\n", (1, 4, 2, 0)),
        ("RUN b\r\nX\n", "b\r", (1, 4, 1, 5)),
        ("RUN a \\\n b\n", "a \\\n b", (1, 4, 2, 2)),
        ("RUN b\n", "", (1,)),
        ("RUN\rb c\n", "c", (1,)),
        ("", "", None),
    ],
)
def test_sonarqube_gets_ranges_that_it_can_place(
    source: str, part: str, expected: tuple[int, ...] | None
) -> None:
    location = read(one(source, part), "sonarqube")["issues"][0]["primaryLocation"]
    names = ("startLine", "startColumn", "endLine", "endColumn")
    given = location.get("textRange")
    assert given == (None if expected is None else dict(zip(names, expected, strict=False)))


def test_sonarqube_ranges_are_inside_the_lines_of_real_files() -> None:
    """Sonar throws the whole report away otherwise."""
    for file in corpus(20):
        lines = file.text.text.removeprefix("\ufeff").split("\n")
        for issue in read(Report([file]), "sonarqube")["issues"]:
            place = issue["primaryLocation"]["textRange"]
            if "startColumn" not in place:
                continue
            start = place["startLine"], place["startColumn"]
            end = place["endLine"], place["endColumn"]
            assert start < end
            for line, column in (start, end):
                size = len(lines[line - 1].rstrip("\r").encode("utf-16-le", "surrogatepass")) // 2
                assert column <= size
