"""Where limits come from, and whose word is final."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockgate.builder.policy import STRICT, Limits, effective, foreign_bases
from dockgate.linter import config as configuration
from dockgate.linter.errors import UsageError
from dockgate.rules.rule import Severity

#: The example of the order's document, as it stands there.
WHOLE = """\
image_security_policy:
  base_image:
    allowed_registries:
      - "registry.example.com"
      - "docker.io"
    blocked_registries:
      - "untrusted-registry.com"
    required_labels:
      - "security.scan"
      - "build.date"
  vulnerabilities:
    max_critical: 0
    max_high: 2
    max_medium: 10
    auto_fix: true
  signing:
    required: true
    trusted_signers:
      - "myapp-signer"
  size:
    max_size: "500MB"
    max_layers: 20
"""


@pytest.fixture(autouse=True)
def _fresh() -> None:
    configuration.forget()


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_without_anything_errors_are_refused(tmp_path: Path) -> None:
    _, limits = effective(str(tmp_path / "Dockerfile"), None, None)
    assert limits == Limits(Severity.ERROR)


def test_strict_refuses_warnings(tmp_path: Path) -> None:
    _, limits = effective(str(tmp_path / "Dockerfile"), None, STRICT)
    assert limits == Limits(Severity.WARNING)


def test_the_whole_policy_in_the_configuration(tmp_path: Path) -> None:
    write(tmp_path / ".dockgate.yaml", WHOLE)
    config, limits = effective(str(tmp_path / "Dockerfile"), None, None)
    assert limits.max_size == 500_000_000
    assert limits.max_layers == 20
    assert limits.required_labels == ("security.scan", "build.date")
    assert limits.allowed_registries == ("registry.example.com", "docker.io")
    assert limits.blocked_registries == ("untrusted-registry.com",)
    assert [text.partition(" ")[0] for text in limits.unchecked] == [
        "signing.required",
    ]
    assert limits.vulnerabilities.by_band == {"critical": 0, "high": 2, "medium": 10}
    assert config.settings.max_size == 500_000_000
    assert config.inline_ignores


def test_a_policy_file_is_final(tmp_path: Path) -> None:
    write(tmp_path / ".dockgate.yaml", "rules: {root-user: off}\n")
    policy = write(
        tmp_path / "p.yaml", "fail_on: info\nimage_security_policy: {size: {max_layers: 3}}\n"
    )
    config, limits = effective(str(tmp_path / "Dockerfile"), None, policy)
    assert limits.refuse_at == Severity.INFO
    assert limits.max_layers == 3
    assert "root-user" not in config.selection.severities
    assert not config.inline_ignores


def test_a_policy_file_refuses_errors_unless_it_says_otherwise(tmp_path: Path) -> None:
    policy = write(tmp_path / "p.yaml", "image_security_policy: {}\n")
    assert effective("Dockerfile", None, policy)[1].refuse_at == Severity.ERROR


@pytest.mark.parametrize(
    "text",
    ["image_security_policy: {size: {max_size: big}}\n", "image_security_polcy: {}\n", "- 1\n",
     "a: [\n", "image_security_policy: {signing: {required: 1}}\n", "fail_on: never\n"],
)  # fmt: skip
def test_a_policy_that_cannot_be_meant(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        effective("Dockerfile", None, write(tmp_path / "p.yaml", text))
    assert "\n" not in str(caught.value)
    assert "p.yaml" in str(caught.value)


def test_a_missing_policy_file() -> None:
    with pytest.raises(UsageError, match=r"no/such\.yaml"):
        effective("Dockerfile", None, "no/such.yaml")


@pytest.mark.parametrize(
    ("source", "limits", "told"),
    [
        ("FROM docker.io/x:1\n", Limits(allowed_registries=("r.example.com",)), ["Dockerfile:1"]),
        ("FROM r.example.com/x:1\n", Limits(allowed_registries=("r.example.com",)), []),
        ("FROM bad.example/x:1\n", Limits(blocked_registries=("bad.example",)), ["Dockerfile:1"]),
        ("FROM a.b/x:1\nCOPY --from=bad.example/y:1 /a /a\n",
         Limits(blocked_registries=("bad.example",)), ["Dockerfile:2"]),
        ("# syntax=bad.example/frontend:1\nFROM scratch\n",
         Limits(blocked_registries=("bad.example",)), ["Dockerfile:1"]),
        ("ARG BASE\nFROM $BASE\n", Limits(blocked_registries=("bad.example",)), ["Dockerfile:2"]),
        ("FROM bad.example/x:1\n", Limits(), []),
        ("FROM scratch AS a\nFROM a\n", Limits(allowed_registries=("r.example.com",)), []),
    ],
)  # fmt: skip
def test_foreign_bases(source: str, limits: Limits, told: list[str]) -> None:
    from dockgate.linter.document import read

    dockerfile = read(source.encode(), "Dockerfile", build_args=None, target=None, platform=None)
    assert [text[: len("Dockerfile:1")] for text in foreign_bases(dockerfile, limits)] == told
