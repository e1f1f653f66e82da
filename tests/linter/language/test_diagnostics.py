from __future__ import annotations

from dockgate.linter.language.diagnostics import (
    DEPRECATED,
    UNNECESSARY,
    Diagnostic,
    diagnostics,
)
from dockgate.rules.registry import entries
from dockgate.rules.rule import Severity
from tests.linter.language.asked import analysed


def one(text: str, code: str) -> Diagnostic:
    return next(found for found in diagnostics(analysed(text)) if found.code == code)


def test_tags_are_of_rules_that_exist() -> None:
    assert set(entries("dockerfile")) >= UNNECESSARY | DEPRECATED
    assert not UNNECESSARY & DEPRECATED
    assert one("FROM a\nMAINTAINER x\n", "maintainer-deprecated").deprecated
    assert one("FROM a\nCMD x\nCMD y\n", "multiple-cmd").unnecessary


def test_a_finding_has_its_rules_page() -> None:
    found = one("FROM a\nUSER root\n", "root-user")
    assert found.url == entries("dockerfile")["root-user"].rule.url
    assert found.severity is Severity.ERROR
    assert not found.related


def test_a_failure_is_an_error_at_the_beginning() -> None:
    found = diagnostics(analysed("FROM a\n\0"))
    assert [(f.span, f.code, f.severity) for f in found] == [((0, 0), "undecided", Severity.ERROR)]
    assert "binary content" in found[0].message


def test_other_places_that_matter() -> None:
    text = "FROM a AS x\nCMD one\nCMD two\nFROM b AS x\nUSER root\nFROM x\n"
    analysis = analysed(text)

    def lines(code: str) -> list[tuple[int, str]]:
        found = one(text, code)
        return [(analysis.text.position(r.span.start).line, r.message) for r in found.related]

    assert lines("multiple-cmd") == [(3, "this CMD is the one that counts")]
    assert lines("duplicate-stage-name") == [(1, "another stage called x")]
    assert lines("root-user") == [(6, "the final stage rests on that stage")]
