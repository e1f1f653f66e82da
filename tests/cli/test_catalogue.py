"""`dockgate rules`, `explain`, `parse` and `policy`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from dockgate.__main__ import main
from dockgate.linter import config
from dockgate.linter.configuration.config_file import ConfigFile
from dockgate.rules.registry import all_rules
from tests.cli.command import dockgate

FIELDS = {
    *("name", "subject", "topic", "severity", "aliases"),
    *("why", "references", "fixable", "examples"),
}


def output(capsys: pytest.CaptureFixture[str], *argv: str, code: int = 0) -> str:
    assert main(list(argv)) == code
    return capsys.readouterr().out


def test_rules_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(output(capsys, "rules", "--format", "json"))
    assert {rule["name"] for rule in found} == set(all_rules())
    for rule in found:
        assert set(rule) >= FIELDS
        assert rule["examples"]
        assert {example["kind"] for example in rule["examples"]} <= {"bad", "good"}


def test_rules_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, "rules").splitlines()
    names = {line.split()[0] for line in lines if line.startswith("  ")}
    assert names == set(all_rules())


@pytest.mark.parametrize("name", sorted(all_rules()))
def test_every_rule_has_a_page(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    rule = all_rules()[name]
    page = output(capsys, "explain", name)
    assert page.startswith(f"{name}\n{'=' * len(name)}\n{rule.severity.label}")
    for reference in rule.references:
        assert reference in page
    assert "Good:" in page
    assert "\nBad (" in page
    assert all(char == "\n" or char.isprintable() for char in page)


def test_a_shared_code_gives_all_its_pages(capsys: pytest.CaptureFixture[str]) -> None:
    page = output(capsys, "explain", "ds-0002")
    assert page.startswith(("missing-user\n", "root-user\n"))
    assert "\nroot-user\n=====" in page or "\nmissing-user\n=====" in page


def test_parse(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes(b"FROM debian:12 AS a\nRUN echo \xff\nUSER u\n")
    ran = dockgate("parse", str(path))
    assert (ran.code, ran.err) == (0, "")
    model = json.loads(ran.out)
    assert [i["cmd"] for i in model["instructions"]] == ["FROM", "RUN", "USER"]
    assert model["stages"][0]["user"] == "u"
    assert dockgate("parse", "-", stdin=path.read_bytes()).out == ran.out


def test_parse_of_what_buildkit_refuses() -> None:
    ran = dockgate("parse", "-", stdin=b"FROM a\nNOPE x\n")
    assert ran.code == 1
    assert json.loads(ran.out)["errors"]
    ran = dockgate("parse", "-", stdin=b"\0")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.count("\n") == 1


def test_policy_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    config.forget()
    shown = yaml.safe_load(output(capsys, "policy", "show"))["image_security_policy"]
    assert shown["size"] == {"max_size": None, "max_layers": None}
    path = tmp_path / ".dockgate.yaml"
    path.write_text("image_security_policy: {size: {max_size: 500MB}}\n")
    config.forget()
    for argv in ((), (str(tmp_path),), (str(path),), ("--config", str(path))):
        text = output(capsys, "policy", "show", *argv)
        assert yaml.safe_load(text)["image_security_policy"]["size"]["max_size"] == 500_000_000
    ConfigFile.model_validate(yaml.safe_load(text))
    assert main(["policy", "show", "--policy", "strict"]) == 0
    assert "refused from severity warning on" in capsys.readouterr().err
    config.forget()


def test_policy_schema(capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads(output(capsys, "policy", "schema"))
    assert schema["additionalProperties"] is False
    names = schema["properties"]["rules"]["propertyNames"]["anyOf"][0]["enum"]
    assert "root-user" in names
