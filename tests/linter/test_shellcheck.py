"""ShellCheck over Dockerfiles: codes, places, and what Docker provides."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter import document, shell, shellcheck
from dockgate.linter.config import DEFAULT_CONFIG, Config
from dockgate.linter.errors import UnfinishedError
from dockgate.linter.run import lint_bytes

pytestmark = pytest.mark.skipif(not shellcheck.installed(), reason="ShellCheck is not installed")

CONFIG = DEFAULT_CONFIG.with_options(select=frozenset({"shellcheck"}))


def found(source: str, config: Config = CONFIG) -> list[tuple[int, str, str]]:
    """(line, code, text at the place) of each finding."""
    report = lint_bytes(source.encode(), "Dockerfile", config)
    assert report.failures == []
    return [
        (
            report.text.position(f.span.start).line,
            f.rule.aliases[0],
            report.text[f.span],
        )
        for f in report.findings
        if f.span is not None and f.rule.name == "shellcheck"
    ]


def test_places_through_continuations_comments_and_tabs() -> None:
    source = "FROM a:1\nRUN echo é \\\n # note\n\n  && cp \t$X /y \\\n  && rm $(cat z)\n"
    assert found(source) == [(5, "SC2086", "$X"), (6, "SC2046", "$(cat z)")]


def test_places_in_heredocs() -> None:
    source = "FROM a:1\nRUN <<-EOF\n\tset -e\n\tcp $X /y\nEOF\nRUN cat <<EOF >$F && rm $Y\nx\nEOF\n"
    assert found(source) == [(4, "SC2086", "$X"), (6, "SC2086", "$F"), (6, "SC2086", "$Y")]


def test_onbuild_healthcheck_and_commands() -> None:
    source = "FROM a:1\nONBUILD RUN cp $X /\nHEALTHCHECK --interval=5s CMD curl $u\nCMD app $Y $z\n"
    assert found(source) == [
        (2, "SC2086", "$X"),
        (3, "SC2086", "$u"),
        (4, "SC2086", "$Y"),
        (4, "SC2086", "$z"),
    ]
    assert found('FROM a:1\nRUN ["cp", "$X", "/"]\n') == []


@pytest.mark.parametrize(
    "before",
    ["ENV v=1", "ARG v=1", "ARG v", 'ENV v="a b"', "ENV v=1\nFROM s AS t\nARG w"],
)
def test_variables_of_env_and_arg_are_known(before: str) -> None:
    assert found(f"FROM a:1 AS s\n{before}\nRUN cp $v /x\n") == []


def test_other_variables_are_not() -> None:
    source = "FROM a:1\nRUN cp $v /x\nENV v=1\n"
    assert found(source) == [(2, "SC2154", "$v"), (2, "SC2086", "$v")]
    assert found("FROM a:1\nARG v\nFROM a:1\nRUN cp $v /x\n")[0] == (4, "SC2154", "$v")
    assert found("FROM a:1\nRUN curl $http_proxy\n") == []


@pytest.mark.parametrize(
    ("base", "fires"),
    [
        ("debian:12", True),
        ("example.com/app:1", True),
        ("centos:7", False),
        ("registry.access.redhat.com/ubi9:9.4", False),
        ("nvidia/cuda:12.0-base-rockylinux8", False),
    ],
)
def test_what_sh_is_the_base_says(base: str, fires: bool) -> None:
    codes = [code for _, code, _ in found(f"FROM {base}\nRUN source ./x; echo a &>/dev/null\n")]
    assert ("SC3046" in codes, "SC3020" in codes) == (fires, fires)


def test_busybox_knows_pipefail_and_local_is_everywhere() -> None:
    source = "FROM {}\nRUN set -o pipefail; f() {{ local a; a=1; echo $a; }}; f | cat\n"
    assert found(source.format("alpine:3.20")) == []
    assert found(source.format("python:3.13-alpine")) == []
    assert "SC3043" not in {code for _, code, _ in found(source.format("debian:12"))}


def test_the_shell_of_shell_and_shebang() -> None:
    body = "RUN [[ -d /x ]] && echo y\n"
    assert [c for _, c, _ in found("FROM a:1\n" + body)] == ["SC3010"]
    assert found('FROM a:1\nSHELL ["/bin/bash", "-c"]\n' + body) == []
    assert found("FROM a:1\nRUN <<E\n#!/usr/bin/env bash\n[[ -d /x ]] && echo y\nE\n") == []
    assert found('FROM a:1\nSHELL ["pwsh", "-c"]\nRUN $a = [x]::y\n') == []
    assert found("FROM a:1\nRUN <<E\n#!/usr/bin/python3\nprint($)\nE\n") == []


def test_a_shell_that_stops_at_errors_needs_no_exit() -> None:
    assert [c for _, c, _ in found("FROM a:1\nRUN cd /x; make\n")] == ["SC2164"]
    assert found('FROM a:1\nSHELL ["/bin/bash", "-ec"]\nRUN cd /x; make\n') == []


def test_directives_within_scripts() -> None:
    assert found("FROM a:1\nRUN <<E\n# shellcheck disable=SC2086\necho $X\necho $Y\nE\n") == []
    source = "FROM a:1\nRUN <<E\necho $X\n# shellcheck disable=SC2086\necho $Y\necho $Z\nE\n"
    assert found(source) == [(3, "SC2086", "$X"), (6, "SC2086", "$Z")]


@pytest.mark.parametrize(
    "comment",
    [
        "# hadolint ignore=SC2086",
        "# hadolint ignore=DL3003,SC2086",
        "# dockgate: ignore=SC2086 reason: numbers only",
        "# dockgate: ignore=shellcheck",
        "# shellcheck disable=SC2086",
        "# shellcheck shell=sh disable=SC2046,SC2086",
    ],
)
def test_comments_ignore_a_code(comment: str) -> None:
    source = f"FROM a:1\n{comment}\nRUN cp $X /\nRUN cp $Y /\n"
    assert found(source) == [(4, "SC2086", "$Y")]
    assert found(f"FROM a:1\nRUN a && \\\n{comment}\n cp $X /\n") == []


def test_a_comment_for_another_code_ignores_nothing() -> None:
    source = "FROM a:1\n# dockgate: ignore=SC2046\nRUN cp $X /\n"
    assert found(source) == [(3, "SC2086", "$X")]
    report = lint_bytes(source.encode(), "f", DEFAULT_CONFIG.with_options(shellcheck=True))
    messages = [f.message for f in report.findings if f.rule.name == "unused-ignore"]
    assert messages == ["SC2046 finds nothing here: the comment ignores nothing"]
    silent = lint_bytes(source.encode(), "f", DEFAULT_CONFIG)
    assert "unused-ignore" not in {f.rule.name for f in silent.findings}


def test_codes_are_selected_and_ignored() -> None:
    source = "FROM a:1\nRUN cp $x $(y)\n"
    only = DEFAULT_CONFIG.with_options(select=frozenset({"SC2046"}))
    assert found(source, only) == [(2, "SC2046", "$(y)")]
    rest = CONFIG.with_options(ignore=frozenset({"SC2046", "SC2154"}))
    assert found(source, rest) == [(2, "SC2086", "$x")]
    assert found(source, DEFAULT_CONFIG) == []


def test_severities_are_shellchecks_own() -> None:
    report = lint_bytes(b"FROM a:1\nRUN cp $X $(y)\nRUN if\n", "f", CONFIG)
    levels = {f.rule.aliases[0]: f.severity.label for f in report.findings}
    assert levels["SC2086"] == "info"
    assert levels["SC2046"] == "warning"
    assert levels["SC1072"] == "error"
    assert {f.rule.url for f in report.findings} >= {"https://www.shellcheck.net/wiki/SC2086"}


def test_the_users_environment_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".shellcheckrc").write_text("disable=all\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELLCHECK_OPTS", "--exclude=SC2086")
    monkeypatch.setenv("LC_ALL", "POSIX")
    assert found("FROM a:1\nRUN echo ünï “ $X\n")[-1] == (2, "SC2086", "$X")


def test_nothing_stays_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert found("FROM a:1\nRUN cp $X /\n")
    assert os.listdir(tmp_path) == []


def test_what_takes_too_long_is_undecided_and_the_rest_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shellcheck, "SECONDS", 1.0)
    source = f"FROM a:1\nRUN cp $X /\nRUN {'(' * 16_000}\nRUN {'a' * 20_000}\n"
    report = lint_bytes(source.encode(), "f", CONFIG)
    assert report.failures == [
        "line 3: shellcheck: ShellCheck did not finish in time",
        "line 4: shellcheck: a script longer than 16384 characters",
    ]
    assert [f.rule.aliases[0] for f in report.findings] == ["SC2086"]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shellcheck, "MAX_MEMORY", 150_000)
    source = f"FROM a:1\nRUN {'a && ' * 3000}a\n"
    report = lint_bytes(source.encode(), "f", CONFIG)
    assert len(report.failures) == 1
    assert report.failures[0].startswith("line 2: shellcheck: ShellCheck ")


def test_without_shellcheck_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shellcheck, "installed", lambda: "")
    with pytest.raises(UnfinishedError, match=r"pip install 'dockgate\[shellcheck\]'"):
        shellcheck.program()
    report = lint_bytes(b"FROM a:1\nRUN cp $X /\n", "f", CONFIG)
    assert report.failures == ["ShellCheck is not installed: pip install 'dockgate[shellcheck]'"]


def test_an_old_shellcheck_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that does not know `shell=busybox` says so of the line that dockgate adds."""
    old = tmp_path / "shellcheck"
    comment = '{"file":"0","line":1,"endLine":1,"column":2,"endColumn":2,"level":"error","code":1103,"message":"x"}'  # noqa: E501
    old.write_text(f"#!/bin/sh\necho '{{\"comments\":[{comment}]}}'\nexit 1\n")
    old.chmod(0o755)
    monkeypatch.setattr(shellcheck, "installed", lambda: str(old))
    report = lint_bytes(b"FROM alpine\nRUN cp $X /\n", "f", CONFIG)
    assert report.failures == ["this ShellCheck is too old: 0.10 or later is needed"]


@pytest.mark.parametrize("answer", ["", "[]", '{"comments":[{}]}', '{"comments":[{"file":"7"}]}'])
def test_an_answer_that_is_none_is_undecided(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "shellcheck"
    fake.write_text(f"#!/bin/sh\necho '{answer}'\n")
    fake.chmod(0o755)
    monkeypatch.setattr(shellcheck, "installed", lambda: str(fake))
    report = lint_bytes(b"FROM a:1\nRUN cp $X /\n", "f", CONFIG)
    assert report.failures == ["line 2: shellcheck: ShellCheck failed (exit status 0)"]


texts = st.text(st.sampled_from("a$ (){}'\"\\\n\t#;&|<>é😀`=*!"), max_size=60)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6))
def test_every_place_is_in_the_script(bodies: list[str]) -> None:
    source = "FROM a:1\n" + "".join(f"RUN <<'END'\n{body}\nEND\nRUN {body}\n" for body in bodies)
    report = lint_bytes(source.encode(), "Dockerfile", CONFIG)
    assert report.failures == []
    dockerfile = document.read(source.encode())
    shell.attach(dockerfile)
    scripts = [i.span for i in dockerfile.with_triggers()]
    for finding in report.findings:
        assert finding.span is not None
        assert any(s.start <= finding.span.start < finding.span.end <= s.end for s in scripts)
