"""Whatever the bytes are: findings in every format, nothing that fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.cli.output import encoded
from dockgate.linter.config import Config
from dockgate.linter.engine import Selection
from dockgate.linter.fixes import fix
from dockgate.linter.report import Report
from dockgate.linter.reporters import hadolint, json_v1, text
from dockgate.linter.run import Scope, build_args, lint_bytes
from dockgate.rules.registry import all_rules
from dockgate.rules.settings import Settings

EVERY_RULE = Config(
    selection=Selection(severities={name: rule.severity for name, rule in all_rules().items()})
)

PIECES = [
    b"FROM a:1 AS b\n", b"FROM $X\n", b"from scratch", b"ARG X", b"ENV A=b C",
    b"ENV TOKEN=ghp_x", b"RUN ", b"RUN sudo apt-get install x", b"RUN --mount=type=secret,id=a ",
    b"RUN <<E\n", b"E\n", b"USER root\n", b"COPY --from=b . /\n", b"ADD http://a/b.tar /\n",
    b"EXPOSE 22\n", b'CMD ["a"', b"HEALTHCHECK CMD curl ", b"ONBUILD ", b'SHELL ["bash"]\n',
    b"LABEL a=b\n", b"WORKDIR a\n", b"# escape=`\n", b"# check=skip=all\n",
    b"# dockgate: ignore=sudo,x\n", b"# hadolint ignore=DL3004\n", b"\\\n", b"`\n", b"\n",
    b"\r\n", b"\xef\xbb\xbf", b"\xff", b"\xe2\x80\xa8", b"'", b'"', b"$(", b"${A:-", b" && ",
    b" | sh\n", b"#", b"=", b" ", b"\t", b"\x1b[0m", b"\xf0\x9f\x98\x80", b"[", b"]", b"{", b"}",
]  # fmt: skip

dockerfiles = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=4)), max_size=15).map(b"".join),
).filter(lambda data: b"\0" not in data and data[:2] not in (b"\xff\xfe", b"\xfe\xff"))


@settings(max_examples=400, deadline=None)
@given(dockerfiles)
def test_no_bytes_are_too_strange(data: bytes) -> None:
    file = lint_bytes(data, "Dockerfile", EVERY_RULE)
    assert file.failures == []
    for finding in file.findings:
        assert finding.span is not None
        assert 0 <= finding.span.start <= finding.span.end <= len(file.text.text)
        assert "\n" not in finding.message
    report = Report([file])
    shown = text.render(report)
    assert all(c == "\n" or c.isprintable() for c in shown)
    for rendered in (json_v1.render(report), hadolint.render(report)):
        json.loads(encoded(rendered))


@settings(max_examples=150, deadline=None)
@given(dockerfiles)
def test_fixes_settle_and_break_nothing(data: bytes) -> None:
    fixed = fix(data, "Dockerfile", EVERY_RULE, unsafe=True, scope=Scope())
    assert fixed.failure == ""


@given(st.binary(max_size=40).map(lambda data: data[:20] + b"\0" + data[20:]))
def test_binary_content_is_no_dockerfile(data: bytes) -> None:
    file = lint_bytes(data, "Dockerfile")
    assert file.findings == []
    assert len(file.failures) == 1


def test_settings_reach_the_rules(tmp_path: Path) -> None:
    source = b"FROM other.example.com/a:1\nUSER 1\n"
    config = Config(settings=Settings(trusted_registries=("docker.io",)))
    names = {f.rule.name for f in lint_bytes(source, "Dockerfile", config).findings}
    assert "untrusted-registry" in names
    assert "untrusted-registry" not in {
        f.rule.name for f in lint_bytes(source, "Dockerfile").findings
    }


def test_a_context_that_cannot_be_read_is_a_failure(tmp_path: Path) -> None:
    file = lint_bytes(b"FROM a:1\nCOPY . /\n", "Dockerfile", context=str(tmp_path / "nowhere"))
    assert len(file.failures) == 1
    assert file.findings
    assert "\n" not in file.failures[0]


@pytest.mark.parametrize("part", ["shell", "secrets", "document"])
def test_a_part_that_fails_is_a_failure(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dockgate.linter import document, secrets, shell

    def fail(*_args: object, **_more: object) -> None:
        raise RuntimeError("a\nb")

    functions = {"shell": (shell, "attach"), "secrets": (secrets, "attach")}
    monkeypatch.setattr(*functions.get(part, (document, "read")), fail)
    file = lint_bytes(b"FROM a:latest\n", "Dockerfile")
    assert len(file.failures) == 1
    assert file.failures[0].endswith("RuntimeError: a b")
    assert bool(file.findings) == (part != "document")


def test_build_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FROM_ENV", "e")
    monkeypatch.delenv("UNSET", raising=False)
    assert build_args(["A=b=c", "B=", "FROM_ENV", "UNSET"]) == {
        "A": "b=c",
        "B": "",
        "FROM_ENV": "e",
    }
    assert build_args([]) is None
