"""Profiles: every rule has its place in each, by what it says of itself."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from dockgate.linter import profiles
from dockgate.linter.config import DEFAULT_CONFIG
from dockgate.linter.engine import Selection
from dockgate.linter.reporters import catalogue
from dockgate.linter.run import lint_bytes
from dockgate.linter.vocabulary import SECURITY
from dockgate.rules.registry import all_rules
from dockgate.rules.rule import Rule, Severity

RULES = list(all_rules().values())
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@every_rule
def test_default_is_within_strict(rule: Rule[Any]) -> None:
    strict = profiles.strict(rule, rule.severity)
    if rule.enabled:
        assert strict is not None
        assert strict >= rule.severity
    elif strict is not None:
        assert rule.severity > Severity.STYLE
        assert strict >= Severity.WARNING


@every_rule
def test_security_is_within_default(rule: Rule[Any]) -> None:
    security = profiles.security(rule, rule.severity)
    assert security in (None, rule.severity)
    if security is not None:
        assert rule.enabled
        assert profiles.is_security(rule) or rule.name in profiles.ALWAYS


def test_a_rule_is_about_security_by_its_topic_or_by_what_it_cites() -> None:
    for rule in RULES:
        cited = profiles.weaknesses(rule)
        assert profiles.is_security(rule) == (
            rule.topic in profiles.SECURITY_TOPICS or not cited <= profiles.QUALITY
        )
    assert all(re.fullmatch(r"CWE-[1-9]\d*", number) for number in profiles.QUALITY)


def test_what_is_named_exists() -> None:
    names = {rule.name for rule in RULES}
    assert names >= profiles.ALWAYS
    assert all(not all_rules()[name].enabled for name in profiles.DISPUTED)
    assert {rule.topic for rule in RULES} >= profiles.SECURITY_TOPICS
    assert set(profiles.SUMMARIES) == set(profiles.NAMES)


@pytest.mark.parametrize(
    "name",
    ["root-user", "missing-user", "sudo", "unpinned-base", "untrusted-registry", "secret-in-env",
     "curl-pipe-shell", "tls-verification-disabled", "package-signature-disabled", "ssh-exposed",
     "add-remote-without-checksum", "secret-in-context", "syntax-error", "image-root-user"],
)  # fmt: skip
def test_security_has(name: str) -> None:
    assert profiles.includes(SECURITY, all_rules()[name])


@pytest.mark.parametrize(
    "name", ["apt-recommends", "multiple-cmd", "maintainer-deprecated", "image-too-large"]
)
def test_security_has_not(name: str) -> None:
    assert not profiles.includes(SECURITY, all_rules()[name])


def test_a_profile_decides_only_what_nobody_else_does() -> None:
    rule = all_rules()["apt-recommends"]
    for name in profiles.NAMES:
        chosen = profiles.profile(name)
        said = Selection(profile=chosen, severities={rule.name: Severity.ERROR})
        assert said.severity(rule) == Severity.ERROR
        assert Selection(profile=chosen, ignored=frozenset({rule.name})).severity(rule) is None
        only = Selection(profile=chosen, only=frozenset({rule.name}))
        assert only.severity(rule) == rule.severity
    assert Selection(profile=profiles.strict).severity(rule) == Severity.WARNING
    assert Selection(profile=profiles.security).severity(rule) is None
    assert Selection().severity(rule) == rule.severity


def test_findings_by_profile() -> None:
    source = b"FROM debian:latest\nRUN apt-get update && apt-get install -y make\nCMD a\nCMD b\n"
    found = {}
    for name in profiles.NAMES:
        config = DEFAULT_CONFIG.with_options(profile=name)
        report = lint_bytes(source, "Dockerfile", config)
        assert report.failures == []
        found[name] = {f.rule.name: f.severity for f in report.findings}
    assert found["security"].keys() < found["default"].keys() <= found["strict"].keys()
    assert "unpinned-base" in found["security"]
    assert "multiple-cmd" not in found["security"]
    assert Severity.INFO in found["default"].values()
    assert Severity.INFO not in found["strict"].values()


def test_the_catalogue_tells_the_profiles() -> None:
    entries = {entry["name"]: entry["profiles"] for entry in json.loads(catalogue.as_json())}
    assert entries["root-user"] == ["default", "strict", "security"]
    assert entries["apt-recommends"] == ["default", "strict"]
    assert entries["shellcheck"] == []
