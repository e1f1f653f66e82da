"""SARIF 2.1.0: valid to Microsoft's multitool and to GitHub's rules, and right."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dockgate.cli.output import encoded
from dockgate.linter.report import FileReport, Report
from dockgate.linter.reporters import sarif
from dockgate.rules.rule import Edit, Fix
from dockgate.rules.subjects.text import Span, Text
from tests.tools import npm

from .readers import read
from .samples import DIGEST, NAMES, corpus, found, image, linted, reports

#: Of the validator's warnings: there is no web page to name as the home of dockgate.
ACCEPTED = {"SARIF2005"}


def run_of(report: Report) -> dict[str, Any]:
    (run,) = read(report, "sarif")["runs"]
    assert isinstance(run, dict)
    return run


def results(report: Report) -> list[dict[str, Any]]:
    return list(run_of(report)["results"])


def test_the_multitool_finds_nothing_to_complain_of(tmp_path: Path) -> None:
    logs = [
        json.loads(sarif.render(report)) for report in [*reports().values(), Report(corpus(60))]
    ]
    runs = [run for log in logs for run in log["runs"]]
    told = validated({**logs[0], "runs": runs}, tmp_path)
    assert [result for result in told if result.get("level", "warning") == "error"] == []
    assert {result["ruleId"] for result in told} <= ACCEPTED
    runs[2]["results"][0]["locations"] = []
    runs[2]["results"][0]["ruleIndex"] += 1
    broken = validated({**logs[0], "runs": runs[2:3]}, tmp_path)
    assert len([result for result in broken if result.get("level") == "error"]) >= 2


def validated(log: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """What the multitool says of a SARIF log, with GitHub's rules among its own."""
    source = folder / "log.sarif"
    source.write_bytes(encoded(json.dumps(log, ensure_ascii=False)))
    program = npm.package("@microsoft/sarif-multitool-linux") / "Sarif.Multitool"
    program.chmod(0o755)  # npm sets it only of what its package lists as a program
    output = folder / "told.sarif"
    options = ("--rule-kind", "Sarif;Ghas", "--output", str(output), "--log", "ForceOverwrite")
    done = subprocess.run(
        [str(program), "validate", str(source), *options],
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "1 files scanned" in done.stdout, done.stdout + done.stderr
    (run,) = json.loads(output.read_text(encoding="utf-8-sig"))["runs"]
    notices = run["invocations"][0].get("toolExecutionNotifications", [])
    assert not [notice for notice in notices if notice.get("level") == "error"], notices
    return list(run["results"])


def test_a_result_says_what_and_where() -> None:
    source = "FROM a:1\r\nRUN \U0001f600 sudo id\r\n"
    at = source.index("sudo")
    text = Text(source, "x y/Dockerfile")
    finding = found("sudo", "sudo is run", Span(at, at + 4), help="leave it out")
    run = run_of(Report([FileReport(text.path, text, [finding])]))
    (result,) = run["results"]
    assert run["columnKind"] == "utf16CodeUnits"
    assert result["ruleId"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "sudo"
    assert result["level"] == "warning"
    assert result["message"]["text"] == "sudo is run. leave it out."
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "x%20y/Dockerfile", "uriBaseId": "SRCROOT"},
        "region": {
            "startLine": 2,
            "startColumn": 8,
            "endLine": 2,
            "endColumn": 12,
            "snippet": {"text": "sudo"},
        },
    }
    assert "SRCROOT" in run["originalUriBaseIds"]


def test_a_rule_is_told_with_its_reasons() -> None:
    report = Report([linted("FROM debian\nUSER root\n")])
    rules = {rule["id"]: rule for rule in run_of(report)["tool"]["driver"]["rules"]}
    root = rules["root-user"]
    assert root["name"] == "RootUser"
    assert root["helpUri"].startswith("https://")
    assert root["defaultConfiguration"] == {"level": "error"}
    assert root["properties"]["security-severity"] == "8.0"
    assert {"security", "user", "external/cwe/cwe-250"} <= set(root["properties"]["tags"])
    assert len(root["fullDescription"]["text"]) < 1024
    assert "```dockerfile" in root["help"]["markdown"]
    assert "security-severity" not in rules["missing-healthcheck"]["properties"]
    assert list(rules) == sorted(rules)


def test_the_fixes_are_those_that_can_be_applied() -> None:
    text = Text("FROM a:1\nADD x /x\nADD y /y\n", "Dockerfile")
    edits = (Edit(Span(18, 21), "COPY"), Edit(Span(9, 12), "COPY"))
    fixes = [Fix("copy both", edits), Fix("drop it", (Edit(Span(9, 18), ""),), safe=False)]
    finding = found("add-instead-of-copy", "m", Span(9, 12), fixes=fixes)
    (result,) = results(Report([FileReport("Dockerfile", text, [finding])]))
    safe, unsafe = result["fixes"]
    assert safe["description"]["text"] == "Safe fix: copy both."
    assert unsafe["description"]["text"] == "Unsafe fix: drop it."
    (change,) = safe["artifactChanges"]
    assert applied(text.text, change["replacements"]) == "FROM a:1\nCOPY x /x\nCOPY y /y\n"
    (change,) = unsafe["artifactChanges"]
    assert applied(text.text, change["replacements"]) == "FROM a:1\nADD y /y\n"


def applied(source: str, replacements: list[dict[str, Any]]) -> str:
    lines = source.splitlines(keepends=True)
    starts = [sum(map(len, lines[:n])) for n in range(len(lines) + 1)]
    for part in reversed(replacements):
        region = part["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        source = source[:start] + part["insertedContent"]["text"] + source[end:]
    return source


def test_a_fix_that_would_show_a_secret_is_left_out() -> None:
    secret = "s3cr3t-" + "v4lu3-0123456789"
    text = Text(f"FROM a:1\nENV A {secret}\n", "Dockerfile")
    start = text.text.index(secret)
    edits = (Edit(Span(9, start + len(secret)), f"ENV A={secret}"),)
    finding = found("legacy-key-value", "m", Span(9, 12), fixes=[Fix("write =", edits)])
    file = FileReport("Dockerfile", text, [finding], secrets=[Span(start, start + len(secret))])
    assert "fixes" not in results(Report([file]))[0]
    assert secret not in sarif.render(Report([file]))


def test_fingerprints_survive_moved_lines_and_tell_twins_apart() -> None:
    before = results(Report([linted("FROM a:1\nRUN sudo x\nRUN  sudo x\nUSER 1\n")]))
    after = results(Report([linted("# new\n\nFROM a:1\n\nRUN sudo   x\nRUN sudo x\nUSER 1\n")]))
    prints = [(r["ruleId"], r["partialFingerprints"]["dockgateLine/v1"]) for r in before]
    assert len(set(prints)) == len(prints)
    assert prints == [(r["ruleId"], r["partialFingerprints"]["dockgateLine/v1"]) for r in after]
    other = results(Report([linted("FROM a:1\nRUN sudo y\nUSER 1\n")]))
    sudo = {r["partialFingerprints"]["dockgateLine/v1"] for r in other if r["ruleId"] == "sudo"}
    assert not sudo & {fingerprint for _, fingerprint in prints}


def test_what_could_not_be_finished_is_no_success() -> None:
    run = run_of(reports()["unfinished file"])
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (notice,) = invocation["toolExecutionNotifications"]
    assert notice["level"] == "error"
    (result,) = [r for r in run["results"] if r["ruleId"] == "unfinished"]
    assert result["level"] == "error"
    assert run_of(reports()["findings"])["invocations"] == [{"executionSuccessful": True}]


@pytest.mark.parametrize("name", NAMES)
def test_any_path_is_a_uri_that_leads_back(name: str, tmp_path: Path) -> None:
    from urllib.parse import unquote_to_bytes, urlsplit

    result = results(Report([linted("FROM debian\n", name)]))[0]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    parts = urlsplit(artifact["uri"])
    path = unquote_to_bytes(parts.path)
    if "uriBaseId" in artifact:
        assert parts.scheme == ""
        assert not path.startswith((b"/", b"../"))
        path = os.path.join(os.fsencode(os.getcwd()), path)
    else:
        assert parts.scheme == "file"
    assert path == os.path.abspath(os.fsencode(name))


def test_an_image_is_told_by_name_layer_and_path() -> None:
    report = Report(images=[image()], verdict="refused", reasons=["r"], digest=DIGEST)
    run = run_of(report)
    setuid, user, reason = run["results"]
    location = setuid["locations"][0]
    uri = "registry.example.com%3A5000%2Fapp%3A1.0/usr/bin/a%20b%2541"
    assert location["physicalLocation"]["artifactLocation"] == {"uri": uri, "uriBaseId": "IMAGES"}
    (logical,) = location["logicalLocations"]
    assert logical["name"] == "/usr/bin/a b%41"
    assert "sha256:fedcba" in logical["fullyQualifiedName"]
    assert user["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri.split("/")[0]
    assert reason["ruleId"] == "refused"
    assert run["properties"]["verdict"] == "refused"
    assert run["automationDetails"]["id"] == (
        "dockgate/scan/registry.example.com%3A5000%2Fapp%3A1.0/"
    )
