"""The OSV schema's evaluation, its examples among the cases, and how bad a record is."""

from __future__ import annotations

from typing import Any

import pytest

from dockgate.builder.vulnerabilities.osv import Affected, covers, evaluate, parse
from dockgate.builder.vulnerabilities.rating import Rating
from tests.builder.vulnerabilities.made import CRITICAL, HIGH, MEDIUM, advisory

Events = list[tuple[str, str]]
I, F, L, LIMIT = "introduced", "fixed", "last_affected", "limit"  # noqa: E741


def affected(record: dict[str, Any]) -> Affected:
    return parse(record).affected[0]


CASES: list[tuple[str, str, Events, dict[str, bool]]] = [
    # The schema's own examples.
    ("npm", "SEMVER", [(I, "0")], {"0.0.1": True, "0.0.0-a": True, "99.0.0": True}),
    ("npm", "SEMVER", [(I, "0"), (F, "1.0.2")],
     {"0.9.9": True, "1.0.2-rc.1": True, "1.0.2": False, "1.0.3": False}),
    ("npm", "SEMVER", [(I, "1.0.0"), (F, "1.0.2"), (I, "3.0.0"), (F, "3.2.5")],
     {"0.9.0": False, "1.0.0": True, "1.0.1": True, "1.0.2": False, "2.9.9": False, "3.0.0": True,
      "3.2.4": True, "3.2.5": False, "4.0.0": False}),
    ("Maven", "ECOSYSTEM", [(I, "0"), (L, "2.1.214")],
     {"2.1.213": True, "2.1.214": True, "2.1.215": False}),
    ("npm", "SEMVER", [(I, "0"), (F, "2.1.214")], {"2.1.213": True, "2.1.214": False}),
    ("npm", "ECOSYSTEM", [(I, "0"), (F, "6.5.4")], {"6.5.3": True, "6.5.4": False}),
    ("crates.io", "SEMVER", [(I, "0"), (F, "0.1.20")], {"0.1.19": True, "0.1.20": False}),
    ("PyPI", "ECOSYSTEM", [(I, "2.8.0"), (F, "2.10.0")],
     {"2.7.9": False, "2.8.0": True, "2.8.0.post2": True, "2.9.2": True, "2.10.0rc1": True,
      "2.10.0": False, "2.10": False}),
    ("Debian:7", "ECOSYSTEM", [(I, "0"), (F, "1.2.1-2.2+wheezy3")],
     {"1.2.1-2.2+wheezy2": True, "1.2.1-2.2+wheezy3": False, "1.2.1-2.2+wheezy3~bpo": True}),
    # Events in any order: they are sorted first.
    ("npm", "SEMVER", [(F, "3.2.5"), (I, "3.0.0"), (F, "1.0.2"), (I, "1.0.0")],
     {"1.0.1": True, "2.0.0": False, "3.1.0": True, "3.2.5": False}),
    ("npm", "SEMVER", [(F, "1.0.0"), (I, "0")], {"0.5.0": True, "1.0.0": False}),
    # Debian says of what is not affected: fixed in 0.
    ("Debian:12", "ECOSYSTEM", [(I, "0"), (F, "0")], {"1": False, "0": False}),
    # Limits: the range counts below any of them; `*` is no limit.
    ("npm", "SEMVER", [(I, "1.0.0"), (LIMIT, "2.0.0")],
     {"1.5.0": True, "2.0.0": False, "0.9.0": False}),
    ("npm", "SEMVER", [(I, "1.0.0"), (LIMIT, "2.0.0"), (LIMIT, "3.0.0")],
     {"2.5.0": True, "3.0.0": False}),
    ("npm", "SEMVER", [(I, "0"), (LIMIT, "*"), (F, "2.0.0")], {"1.0.0": True, "2.0.0": False}),
    ("npm", "SEMVER", [(I, "0"), (L, "1.0.0"), (I, "2.0.0"), (L, "2.5.0")],
     {"1.0.0": True, "1.0.1": False, "2.5.0": True, "2.5.1": False}),
    # Each ecosystem's own order.
    ("Alpine:v3.19", "ECOSYSTEM", [(I, "0"), (F, "3.1.4-r5")],
     {"3.1.4-r4": True, "3.1.4-r5": False, "3.1.4-r10": False, "3.1.4_rc1-r9": True}),
    ("Rocky Linux:9", "ECOSYSTEM", [(I, "0"), (F, "1:3.0.7-27.el9_4")],
     {"3.0.9-1.el9": True, "1:3.0.7-25.el9": True, "1:3.0.7-27.el9_4": False,
      "1:3.0.7-28.el9": False}),
    ("Go", "SEMVER", [(I, "0"), (F, "1.20.12"), (I, "1.21.0-0"), (F, "1.21.5")],
     {"go1.20.11": True, "go1.20.12": False, "go1.21rc2": True, "1.21.4": True, "v1.21.5": False}),
    ("NuGet", "ECOSYSTEM", [(I, "0"), (F, "1.0.0-RC2")], {"1.0.0-rc1": True, "1.0.0-rc2": False}),
    ("RubyGems", "ECOSYSTEM", [(I, "0"), (F, "7.0.4.1")], {"7.0.4": True, "7.0.5.pre": False}),
    ("Packagist", "ECOSYSTEM", [(I, "5.0.0"), (F, "5.4.20")], {"v5.4.19": True, "5.4.20": False}),
]  # fmt: skip


@pytest.mark.parametrize(("ecosystem", "kind", "events", "wanted"), CASES)
def test_ranges(ecosystem: str, kind: str, events: Events, wanted: dict[str, bool]) -> None:
    entry = affected(advisory("X-1", ecosystem, "p", events, kind=kind))
    assert {version: evaluate(entry, version).affected for version in wanted} == wanted


def test_the_fix_is_the_next_after_the_version() -> None:
    events = [(I, "1.0.0"), (F, "1.0.2"), (I, "3.0.0"), (F, "3.2.5")]
    entry = affected(advisory("X-1", "npm", "p", events))
    assert evaluate(entry, "1.0.1") == (True, "1.0.2")
    assert evaluate(entry, "3.1.0") == (True, "3.2.5")
    assert evaluate(affected(advisory("X-1", "npm", "p", [(I, "0"), (L, "9.0.0")])), "1.0.0") == (
        True, "",
    )  # fmt: skip


def test_listed_versions_count_besides_ranges() -> None:
    record = advisory("X-1", "PyPI", "p", [(I, "2.0"), (F, "3.0")], affected={"versions": ["1.1"]})
    entry = affected(record)
    found = [v for v in ("1.0", "1.1", "1.2", "2.5", "3.0") if evaluate(entry, v).affected]
    assert found == ["1.1", "2.5"]
    alone = affected(advisory("X-1", "PyPI", "p", [], affected={"versions": ["1.0.0"]}))
    assert evaluate(alone, "1.0").affected
    assert not evaluate(alone, "1.0.1").affected


def test_ranges_of_commits_say_nothing() -> None:
    record = advisory("X-1", "PyPI", "p", [(I, "0")], kind="GIT")
    assert not evaluate(affected(record), "1.0").affected


def test_what_cannot_be_compared_is_said_unless_it_is_listed() -> None:
    record = advisory("X-1", "PyPI", "p", [(I, "0"), (F, "2.0")], affected={"versions": ["what"]})
    entry = affected(record)
    assert evaluate(entry, "what").affected
    with pytest.raises(ValueError):
        evaluate(entry, "something")


@pytest.mark.parametrize(
    "record",
    [
        [], {}, {"id": 1}, {"id": ""}, {"id": "x" * 200}, {"id": "X", "affected": {}},
        {"id": "X", "affected": ["x"]}, {"id": "X", "affected": [{"package": {"name": "x"}}]},
        advisory("X", "npm", "p", [("unknown", "1")]),
        advisory("X", "npm", "p", kind="OTHER"),
        advisory("X", "npm", "p", [], affected={"ranges": [{"type": "SEMVER"}]}),
        advisory("X", "npm", "p", [], affected={"ranges": [{"type": "SEMVER", "events": [
            {"introduced": "1", "fixed": "2"}]}]}),
        advisory("X", "npm", "p", [], affected={"versions": [1]}),
    ],
)  # fmt: skip
def test_what_is_no_record_is_said(record: object) -> None:
    with pytest.raises(ValueError):
        parse(record)


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (advisory("X", "npm", "p", vector=CRITICAL), Rating("critical", 9.8)),
        (advisory("X", "npm", "p", vector=HIGH), Rating("high", 7.5)),
        (advisory("X", "npm", "p", vector=MEDIUM), Rating("medium", 5.5)),
        (advisory("X", "npm", "p", vector="AV:N/AC:L/Au:N/C:N/I:N/A:P"), Rating("medium", 5.0)),
        (advisory("X", "npm", "p", severity=[
            {"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:C/I:C/A:C"},
            {"type": "CVSS_V3", "score": MEDIUM}]), Rating("medium", 5.5)),
        (advisory("X", "npm", "p", severity=[{"type": "CVSS_V3", "score": MEDIUM},
            {"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/"
             "SC:N/SI:N/SA:N"}]), Rating("critical", 9.3)),
        (advisory("X", "npm", "p", severity=[{"type": "CVSS_V3", "score": "broken"}],
                  database_specific={"severity": "MODERATE"}), Rating("medium")),
        (advisory("X", "npm", "p", affected={"severity": [{"type": "CVSS_V3", "score": HIGH}]}),
         Rating("high", 7.5)),
        (advisory("X", "Ubuntu:22.04:LTS", "p", severity=[{"type": "Ubuntu", "score": "low"}]),
         Rating("low")),
        (advisory("X", "Debian:12", "p", affected={"ecosystem_specific": {"urgency": "high"}}),
         Rating("high")),
        (advisory("X", "Debian:12", "p", affected={
            "ecosystem_specific": {"urgency": "not yet assigned"}}), Rating("unrated")),
        (advisory("X", "npm", "p"), Rating("unrated")),
        (advisory("MAL-2024-1", "npm", "p"), Rating("critical")),
    ],
)  # fmt: skip
def test_ratings(record: dict[str, Any], wanted: Rating) -> None:
    assert affected(record).rating == wanted


def test_what_a_record_stands_for() -> None:
    assert list(covers("CVE-2024-1111", ["GHSA-x"], [])) == ["CVE-2024-1111"]
    assert list(covers("GHSA-x", ["CVE-2024-2222", "CVE-2024-1111"], [])) == ["CVE-2024-1111"]
    assert list(covers("DSA-1", [], ["CVE-2024-1111", "CVE-2024-2222"])) == [
        "CVE-2024-1111", "CVE-2024-2222",
    ]  # fmt: skip
    assert list(covers("GHSA-x", ["PYSEC-1"], [])) == []
