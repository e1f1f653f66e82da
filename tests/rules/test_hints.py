"""Findings that are milder than what their rule mostly finds: `Finding.at_most`."""

from __future__ import annotations

from typing import Any

import pytest

from dockgate.linter import profiles
from dockgate.linter.config import DEFAULT_CONFIG, Config
from dockgate.linter.engine import Selection
from dockgate.linter.run import lint_bytes
from dockgate.rules.rule import Severity

DIGEST = "sha256:" + 64 * "0"
DEBIAN = f"debian:12@{DIGEST}"


def severity(rule: str, source: str, path: str = "Dockerfile", **selection: Any) -> str:
    """How bad the rule's one finding is; "" where it has none."""
    config = Config(selection=Selection(**selection)) if selection else DEFAULT_CONFIG
    found = lint_bytes(source.encode(), path, config).findings
    labels = {f.severity.label for f in found if f.rule.name == rule}
    assert len(labels) <= 1
    return "".join(labels)


@pytest.mark.parametrize(
    ("rule", "source", "expected"),
    [
        ("unpinned-base-digest", f"# syntax=docker/dockerfile:1\nFROM {DEBIAN}\n", "info"),
        ("unpinned-base-digest", f"# syntax=docker/dockerfile:1.7-labs\nFROM {DEBIAN}\n", "info"),
        ("unpinned-base-digest", f"# syntax=evil/dockerfile:1\nFROM {DEBIAN}\n", "warning"),
        ("unpinned-base-digest", "FROM docker/dockerfile:1\n", "warning"),
        ("unpinned-base-digest", "FROM mcr.microsoft.com/devcontainers/go:1-bookworm\n", "info"),
        ("unpinned-base-digest", f"FROM linuxkit/alpine:{40 * 'a'}\n", "info"),
        ("unpinned-base-digest", "ARG V=13\nFROM debian:$V\n", "info"),
        ("sudo", "FROM debian:12\nRUN sudo -u app make\n", "info"),
        ("sudo", "FROM debian:12\nRUN sudo -u root make\n", "warning"),
        ("sudo", "FROM debian:12\nRUN sudo -u app make && sudo make install\n", "warning"),
        ("unpinned-base-digest", "FROM linuxkit/alpine:abcdef0\n", "warning"),
        ("missing-healthcheck", "FROM debian:12\nRUN true\n", "info"),
        ("missing-healthcheck", "FROM python:3.13\nCOPY . /x\n", "info"),
        ("missing-healthcheck", "FROM nginx:1.29\nCOPY . /x\n", "warning"),
        ("missing-healthcheck", "FROM debian:12\nEXPOSE 80\n", "warning"),
        ("missing-healthcheck", "FROM debian:12\nEXPOSE 80\nCMD sleep infinity\n", "info"),
        ("missing-healthcheck", 'FROM debian:12\nCMD ["app"]\n', "info"),
        ("missing-healthcheck", "FROM debian:12\nCMD tini -- gunicorn app:app\n", "warning"),
        ("missing-healthcheck", 'FROM debian:12\nENTRYPOINT ["./entry.sh"]\n', "info"),
        ("missing-healthcheck", 'FROM debian:12\nCMD ["sh", "/serve.sh"]\n', "warning"),
        ("missing-healthcheck", 'FROM openjdk:21\nCMD ["java", "-jar", "a.jar"]\n', "warning"),
        (
            "missing-healthcheck",
            "FROM fedora:42\nEXPOSE 80\nLABEL io.openshift.s2i.scripts-url=image:///x\n",
            "info",
        ),
        ("missing-healthcheck", 'FROM debian:12\nENTRYPOINT ["app"]\nCMD ["--help"]\n', "info"),
        ("missing-healthcheck", 'FROM scratch\nCOPY app /\nENTRYPOINT ["/app"]\n', "warning"),
        ("missing-healthcheck", 'FROM scratch\nCOPY out/ /\nENTRYPOINT ["/app"]\n', "info"),
        ("missing-healthcheck", 'FROM python:3.13\nCMD ["python3"]\n', ""),
        ("missing-healthcheck", 'FROM python:3.13\nCMD ["python3", "app.py"]\n', "warning"),
        ("missing-user", "FROM debian:12\nRUN true\n", "error"),
        ("missing-user", "FROM mcr.microsoft.com/vscode/devcontainers/go:1\n", "info"),
        ("missing-user", "FROM debian:12 AS base\nFROM base AS validate-vendor\nRUN x\n", "info"),
        ("missing-user", 'FROM debian:12 AS base\nFROM base AS test\nCMD ["x"]\n', "error"),
        ("missing-user", "FROM debian:12 AS latest\nRUN x\n", "error"),
        ("shell-form-command", "FROM debian:12\nCMD app --port $PORT\n", "warning"),
        ("shell-form-command", "FROM debian:12\nCMD exec app --port $PORT\n", "info"),
        ("shell-form-command", "FROM debian:12\nCMD cd /srv && exec app\n", "info"),
        ("shell-form-command", "FROM debian:12\nCMD true || exec app\n", "warning"),
        ("shell-form-command", "FROM debian:12\nCMD exec app | tee log\n", "warning"),
        ("shell-form-command", "FROM debian:12\nCMD (exec app)\n", "warning"),
        ("shell-form-command", "FROM fedora:42\nCMD $HOME/usage\n", "info"),
        ("shell-form-command", "FROM fedora:42\nCMD /usage\n", "warning"),
        ("shell-form-command", "FROM fedora:42\nCMD $HOME/a; $HOME/b\n", "warning"),
        ("empty-password", "FROM debian:12\nRUN passwd -d app\n", "error"),
        ("empty-password", "FROM debian:12 AS a\nRUN passwd -d app\nFROM debian:12\n", "info"),
        ("setuid-made", "FROM debian:12 AS a\nRUN chmod u+s /x\nFROM a AS b\n", "warning"),
        ("setuid-made", "FROM debian:12 AS a\nRUN chmod u+s /x\nFROM debian:12\n", "info"),
    ],
)
def test_what_a_place_makes_milder(rule: str, source: str, expected: str) -> None:
    assert severity(rule, source) == expected


def test_a_dev_container_is_known_by_its_folder() -> None:
    source = "FROM debian:12\nRUN true\n"
    assert severity("missing-user", source, "app/.devcontainer/Dockerfile") == "info"
    assert severity("root-user", source + "USER root\n", "app/.devcontainer/x.Dockerfile") == "info"
    assert severity("missing-user", source, "app/.gitpod.Dockerfile") == "info"
    assert severity("missing-healthcheck", source, ".devcontainer/Dockerfile") == ""


def test_what_a_configuration_says_of_the_rule_counts_all_the_same() -> None:
    source, rule = "FROM debian:12\nRUN true\n", "missing-healthcheck"
    assert severity(rule, source, severities={rule: Severity.ERROR}) == "error"
    assert severity(rule, source, locked={rule: Severity.WARNING}) == "warning"
    assert severity(rule, source, only=frozenset({rule})) == "info"
    assert severity(rule, source, profile=profiles.profile("strict")) == "warning"
