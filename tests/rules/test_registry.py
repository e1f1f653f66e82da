"""The registry finds every rule, and a name or an alias leads to it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from dockgate.rules import registry
from dockgate.rules.registry import all_rules, named, rules_of
from dockgate.rules.rule import Rule
from tests.rules.subjects import read

ROOT = Path(__file__).parents[2]

#: Issue 2, item 4.
WANTED = set(
    """
root-user missing-user sudo unpinned-base unpinned-base-digest untrusted-registry
missing-healthcheck multiple-healthcheck healthcheck-command-missing secret-in-env secret-in-arg
secret-in-run secret-in-heredoc secret-file-copied secret-in-context copy-everything
add-instead-of-copy add-remote-without-checksum curl-pipe-shell tls-verification-disabled
package-signature-disabled apt-missing-yes apt-lists-not-removed apt-recommends world-writable
relative-workdir shell-form-command multiple-cmd multiple-entrypoint invalid-port ssh-exposed
undefined-arg-in-from duplicate-stage-name unknown-stage maintainer-deprecated
build-tools-in-final-stage syntax-error image-root-user image-missing-healthcheck
image-secret-in-layer image-secret-in-config image-private-key image-setuid image-too-large
image-too-many-layers
""".split()  # noqa: SIM905
)


def test_every_rule_of_the_order_is_there() -> None:
    assert sorted(WANTED - set(all_rules())) == []


def test_every_module_below_the_rules_is_found() -> None:
    files = [
        path
        for subject in registry.SUBJECTS
        for path in (ROOT / "rules" / subject).rglob("*.py")
        if not path.name.startswith("_")
    ]
    assert len(files) == len(all_rules())
    for path in files:
        assert path.stem.replace("_", "-") in all_rules()


def test_topics_are_folders() -> None:
    assert all_rules()["root-user"].topic == "user"
    assert {rule.topic for rule in rules_of("dockerfile").values()} <= {
        path.name for path in (ROOT / "rules" / "dockerfile").iterdir()
    }


@pytest.mark.parametrize(
    ("alias", "names"),
    [
        ("root-user", {"root-user"}),
        ("Root-User", {"root-user"}),
        ("DL3002", {"root-user"}),
        ("dl3002", {"root-user"}),
        ("ckv_docker_8", {"root-user"}),
        ("DS-0002", {"root-user", "missing-user"}),
        ("MultipleInstructionsDisallowed", {
            "multiple-cmd", "multiple-entrypoint", "multiple-healthcheck",
        }),
        ("DL1000", {"syntax-error"}),
        ("no-such-rule", set()),
    ],
)  # fmt: skip
def test_a_name_or_alias_leads_to_its_rules(alias: str, names: set[str]) -> None:
    assert {rule.name for rule in named(alias) if rule.name[:6] != "image-"} == names


def test_aliases_are_written_as_the_peers_write_them() -> None:
    """Every alias stands in the catalogue of what peers check, where that is at hand."""
    catalogue = ROOT / ".." / "shared" / "catalogue.md"
    if not catalogue.exists():
        pytest.skip("the catalogue of peers' rules is not beside the repository")
    known = set(re.findall(r"[\w./-]+", catalogue.read_text())) | {"DL1000"}
    for rule in all_rules().values():
        assert sorted(set(rule.aliases) - known) == [], rule.name


def _copy_of_rules(folder: Path, monkeypatch: pytest.MonkeyPatch, **modules: str) -> None:
    """Let the registry look at a package of rules of our own."""
    package = folder / "own_rules"
    for subject in registry.SUBJECTS:
        (package / subject / "topic").mkdir(parents=True)
        (package / subject / "__init__.py").touch()
        (package / subject / "topic" / "__init__.py").touch()
    (package / "__init__.py").touch()
    for name, text in modules.items():
        (package / "dockerfile" / "topic" / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(registry, "__file__", str(package / "registry.py"))
    monkeypatch.setattr(registry, "__package__", "own_rules")
    monkeypatch.setattr(registry, "_loaded", {})
    monkeypatch.setattr(registry, "_entries", {})
    for known in [m for m in sys.modules if m.startswith("own_rules")]:
        monkeypatch.delitem(sys.modules, known)


RULE = """
from dockgate.rules.rule import Rule, Severity
RULE = Rule("{name}", object, Severity.INFO, why="", check=lambda subject: ())
"""


@pytest.mark.parametrize(
    ("modules", "error", "says"),
    [
        ({"a_b": "X = 1\n"}, TypeError, "holds no RULE"),
        ({"a_b": RULE.format(name="a-c")}, ValueError, "another name"),
    ],
)
def test_a_module_that_is_no_rule_is_refused(
    modules: dict[str, str],
    error: type[Exception],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _copy_of_rules(tmp_path, monkeypatch, **modules)
    with pytest.raises(error, match=says):
        rules_of("dockerfile")


def test_two_rules_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _copy_of_rules(tmp_path, monkeypatch, a_b=RULE.format(name="a-b"))
    (tmp_path / "own_rules" / "image" / "topic" / "a_b.py").write_text(RULE.format(name="a-b"))
    with pytest.raises(ValueError, match="two rules are called a-b"):
        all_rules()
    (tmp_path / "own_rules" / "dockerfile" / "a_b.py").write_text(RULE.format(name="a-b"))
    registry._loaded.clear()
    with pytest.raises(ValueError, match="two rules are called a-b"):
        rules_of("dockerfile")


def test_the_index_is_what_the_rules_say() -> None:
    path = ROOT / "rules" / "data" / "index.json"
    assert path.read_text(encoding="utf-8") == registry.index_text(), "run make docs"


def test_an_index_that_misses_a_module_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _copy_of_rules(tmp_path, monkeypatch, a_b=RULE.format(name="a-b"))
    assert list(registry.entries("dockerfile")) == ["a-b"]
    assert registry.entries("dockerfile")["a-b"].rule.name == "a-b"


@pytest.mark.parametrize("rule", [r for r in all_rules().values() if r.needs], ids=str)
def test_what_a_rule_needs_is_in_all_that_it_fires_on(rule: Rule[Any]) -> None:
    for example in rule.examples:
        if example.at:
            assert read(example.source).meets(rule.needs)
