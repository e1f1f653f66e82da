from __future__ import annotations

from pathlib import Path

import pytest

from dockgate.linter.config import Config
from dockgate.linter.engine import Selection
from dockgate.linter.fixes import fix_text
from dockgate.linter.run import lint_bytes
from dockgate.rules.dockerfile.meta.unused_ignore import RULE
from dockgate.rules.settings import Settings

#: the rules whose findings these tests ignore, and the one about ignores
WATCHED = frozenset({"sudo", "apt-missing-yes", "unused-ignore", "shell-form-command"})
CONFIG = Config(selection=Selection(only=WATCHED))


def found(source: str, config: Config = CONFIG, context: Path | None = None) -> list[str]:
    report = lint_bytes(
        source.encode(), "Dockerfile", config, context=str(context) if context else None
    )
    assert report.failures == []
    return [
        f"{report.text.position(f.span.start).line if f.span else 0} {f.rule.name}"
        for f in report.findings
    ]


def test_without_a_comment_all_is_heard() -> None:
    assert found("FROM a\nRUN sudo x\n") == ["2 sudo"]


@pytest.mark.parametrize(
    "comment",
    [
        "# dockgate: ignore=sudo",
        "#dockgate:ignore=sudo",
        "# dockgate: ignore = DL3004",
        "# dockgate: ignore=dl3004 reason: the vendor's script, see 1=2, x",
        "# hadolint ignore=DL3004",
        "# hadolint ignore=DL3008, DL3004",
        "# hadolint global ignore=DL3004",
        "# checkov:skip=CKV2_DOCKER_1:why not",
        "# trivy:ignore:DS-0010",
        "# trivy:ignore:AVD-DS-0010:exp:2999-01-01",
        "# trivy:ignore:DS-0001 trivy:ignore:DS-0010",
    ],
)
def test_forms_above_an_instruction(comment: str) -> None:
    assert found(f"FROM a\n{comment}\nRUN sudo x\n") == []
    assert found(f"FROM a\n  {comment}\n\n# more\nRUN x && \\\n  sudo x\n") == []
    assert found(f"FROM a\nRUN x && \\\n{comment}\n  sudo x\n") == []


def test_the_scope_is_one_instruction() -> None:
    source = "FROM a\nRUN sudo a\n# dockgate: ignore=sudo\nRUN sudo b\nRUN sudo c\n"
    assert found(source) == ["2 sudo", "5 sudo"]
    assert found(source.replace("dockgate:", "hadolint")) == ["2 sudo", "5 sudo"]


@pytest.mark.parametrize(
    "comment",
    [
        "# dockgate: ignore-file=sudo",
        "# hadolint global ignore=DL3004",
        "# checkov:skip=CKV2_DOCKER_1",
    ],
)
def test_forms_for_the_whole_file(comment: str) -> None:
    assert found(f"FROM a\nRUN sudo a\n{comment}\nRUN sudo b\n") == []
    assert found(f"FROM a\nRUN sudo a\n{comment}\n") == []


def test_several_names_in_one_comment() -> None:
    source = "FROM a\n# dockgate: ignore=sudo, DL3014\nRUN sudo apt-get install b\n"
    assert found(source) == []


def test_an_expired_ignore_ignores_nothing() -> None:
    assert found("FROM a\n# trivy:ignore:DS-0010:exp:2020-01-01\nRUN sudo x\n") == ["3 sudo"]


def test_the_check_directive() -> None:
    config = Config(selection=Selection(only=WATCHED))
    source = "FROM a\nRUN sudo x\nCMD a b\n"
    assert found(source, config) == ["2 sudo", "3 shell-form-command"]
    for directive in (
        "# check=skip=JSONArgsRecommended",
        "# check=error=true;skip=StageNameCasing,JSONArgsRecommended",
        "# check=skip=all",
    ):
        assert found(f"{directive}\n{source}", config) == ["3 sudo"]


def test_a_comment_in_a_heredoc_is_none() -> None:
    source = "FROM a\nRUN <<E\n# dockgate: ignore=sudo\nsudo x\nE\n"
    assert found(source) == ["4 sudo"]


def test_ignores_can_be_switched_off() -> None:
    config = Config(selection=Selection(only=WATCHED), inline_ignores=False)
    assert found("FROM a\n# dockgate: ignore=sudo\nRUN sudo x\n", config) == ["3 sudo"]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("# dockgate: ignore=sudo", "sudo finds nothing here: the comment ignores nothing"),
        ("# dockgate: ignore-file=DL3004", "DL3004 finds nothing in this file"),
        ("# dockgate: ignore=suddo", "no rule is called suddo: did you mean 'sudo'?"),
        ("# dockgate: ignore=", "not understood: write `# dockgate: ignore=RULE`"),
        ("# dockgate: ignroe=sudo", "not understood"),
        ("# dockgate: image-setuid", "not understood"),
    ],
)
def test_an_ignore_that_ignores_nothing_is_a_finding(comment: str, message: str) -> None:
    report = lint_bytes(f"FROM a\n{comment}\nRUN x\n".encode(), "Dockerfile", CONFIG)
    (finding,) = report.findings
    assert finding.rule is RULE
    assert finding.message.startswith(message)
    assert finding.span is not None
    assert report.text.position(finding.span.start).line == 2
    assert report.text[finding.span] in comment


@pytest.mark.parametrize(
    "comment",
    [
        "# hadolint ignore=DL3004,DL9999,SC2086",
        "# checkov:skip=CKV_DOCKER_999:x",
        "# trivy:ignore:DS-9999",
        "# the dockgate: ignore=sudo comment",
        "# dockgate: ignore=missing-user",  # does not run here: nobody knows
        "# dockgate: ignore=secret-in-context",  # no context is given
    ],
)
def test_what_may_be_meant_otherwise_is_not_reported(comment: str) -> None:
    assert found(f"FROM a\n{comment}\nRUN x\n") == []


def test_unused_ignores_can_be_ignored() -> None:
    source = "# dockgate: ignore-file=unused-ignore\nFROM a\n# dockgate: ignore=sudo\nRUN x\n"
    assert found(source) == []
    config = Config(selection=Selection(only=WATCHED, ignored=frozenset({"unused-ignore"})))
    assert found(source, config) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("FROM a\n  # dockgate: ignore=sudo\nRUN x\n", "FROM a\nRUN x\n"),
        ("FROM a\r\n# dockgate: ignore=sudo\r\nRUN x\r\n", "FROM a\r\nRUN x\r\n"),
        ("FROM a\nRUN x && \\\n# dockgate: ignore=sudo\n  y\n", "FROM a\nRUN x && \\\n  y\n"),
        (
            "FROM a\n# dockgate: ignore=sudo,DL3014 reason: b\nRUN sudo x\n",
            "FROM a\n# dockgate: ignore=sudo reason: b\nRUN sudo x\n",
        ),
        (
            "FROM a\n# dockgate: ignore=DL3014, sudo, shell-form-command\nRUN sudo x\n",
            "FROM a\n# dockgate: ignore=sudo\nRUN sudo x\n",
        ),
        (
            "FROM a\n# dockgate: ignore=sudo,missing-user\nRUN x\n",
            "FROM a\n# dockgate: ignore=missing-user\nRUN x\n",
        ),
        ("FROM a\n# dockgate: ignore=sudo,DL3014\nRUN x\n", "FROM a\nRUN x\n"),
        ("FROM a\n# dockgate: ignore=sudo", "FROM a\n"),
        ("FROM a\n# dockgate: ignore=suddo\nRUN x\n", None),
        ("# dockgate: ignore=sudo\n# escape=`\nFROM a\nRUN x\n", None),  # would become a directive
    ],
)
def test_unused_ignores_are_taken_out(before: str, after: str | None) -> None:
    fixed = fix_text(before.encode(), "Dockerfile", CONFIG, False).decode()
    assert fixed == (before if after is None else after)


def test_the_rule_s_own_examples() -> None:
    for example in RULE.examples:
        lines = tuple(
            int(line.split()[0]) for line in found(example.source) if line.endswith(RULE.name)
        )
        assert lines == example.at
        if example.fixed is not None:
            fixed = fix_text(example.source.encode(), "Dockerfile", CONFIG, True)
            assert fixed.decode() == example.fixed


REASONS = Config(
    selection=Selection(only=WATCHED | {"ignore-without-reason"}),
    settings=Settings(require_reason=True),
)


@pytest.mark.parametrize(
    "comment",
    [
        "# dockgate: ignore=sudo reason: x",
        "# dockgate: ignore-file=DL3004  Reason:x",
        "# hadolint ignore=DL3004 reason: x",
        "# checkov:skip=CKV2_DOCKER_1: x",
        "# checkov:skip=CKV2_DOCKER_1 reason: x",
        "# trivy:ignore:DS-0010 reason: x",
    ],
)
def test_a_reason_is_heard_in_every_form(comment: str) -> None:
    assert found(f"FROM a\n{comment}\nRUN sudo x\n", REASONS) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# dockgate: ignore=sudo",
        "# dockgate: ignore=sudo reason:",
        "# dockgate: ignore=sudo because",
        "# dockgate: ignore-file=DL3004",
        "# hadolint ignore=DL3004",
        "# checkov:skip=CKV2_DOCKER_1",
        "# checkov:skip=CKV2_DOCKER_1:",
        "# trivy:ignore:DS-0010:exp:2999-01-01",
    ],
)
def test_without_a_reason_nothing_is_ignored(comment: str) -> None:
    source = f"FROM a\n{comment}\nRUN sudo x\n"
    assert found(source, REASONS) == ["2 ignore-without-reason", "3 sudo"]
    heard = Config(settings=REASONS.settings, selection=CONFIG.selection)
    assert found(source, heard) == ["3 sudo"]


def test_a_directive_has_no_room_for_a_reason() -> None:
    source = "# check=skip=JSONArgsRecommended,all\nFROM a\nCMD a b\n"
    assert found(source, REASONS) == ["1 ignore-without-reason", "3 shell-form-command"]
    own = "FROM a\n# dockgate: ignore-file=JSONArgsRecommended reason: x\nCMD a b\n"
    assert found(own, REASONS) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# dockgate: ignore=sudo reason: x",
        "# hadolint ignore=DL3004",
        "# checkov:skip=CKV2_DOCKER_1",
    ],
)
def test_what_is_locked_no_comment_ignores(comment: str) -> None:
    config = Config(selection=Selection(only=WATCHED, locked={"sudo": None}))
    unused = ["2 unused-ignore"] if "dockgate" in comment else []
    assert found(f"FROM a\n{comment}\nRUN sudo x\n", config) == [*unused, "3 sudo"]
