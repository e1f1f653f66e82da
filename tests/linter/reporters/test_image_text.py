"""What is found in images, as people read it: order, tables, groups, widths."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockgate.linter.report import ImageReport, Origin, Report
from dockgate.linter.reporters import formats
from dockgate.linter.reporters.frame import width
from dockgate.rules.finding import Finding, Severity

from .samples import ANY, DIGEST, LAYER, any_report, found

RULE = "image-vulnerability"


def text(findings: list[Finding], columns: int | None = None, made: Origin | None = None) -> str:
    image = ImageReport("app:1", DIGEST, findings)
    image.origins = {LAYER: made} if made is not None else {}
    return formats.render(Report(images=[image]), "text", columns=columns)


def flaw(number: int, band: str = "high", fixed: str = "2.0", **more: str) -> Finding:
    details = {
        "package": f"lib{number}",
        "installed": "1.0",
        "fixed": fixed,
        "severity": band,
        "id": f"CVE-2026-{1000 + number}",
        "title": more.pop("title", "A flaw"),
    }
    severity = Severity.WARNING if band in ("critical", "high") else Severity.INFO
    layer, path = more.get("layer", LAYER), more.get("path", "var/lib/dpkg/status")
    pairs = details.items()
    message = f"lib{number} has it"
    return found(RULE, message, severity=severity, details=pairs, layer=layer, path=path)


def test_the_worst_comes_first() -> None:
    shown = text([
        found("image-setuid", "one", severity=Severity.INFO),
        found("image-root-user", "two", severity=Severity.ERROR),
        found("image-setuid", "three", severity=Severity.WARNING),
    ])  # fmt: skip
    assert [shown.index(word) for word in ("two", "three", "one")] == sorted(
        shown.index(word) for word in ("one", "two", "three")
    )


def test_many_findings_of_one_rule_are_a_table() -> None:
    findings = [flaw(0, "low"), flaw(1, "critical"), flaw(2, fixed=""), flaw(3, "critical")]
    lines = text(findings, made=Origin("", "Dockerfile", 1, "debian:12")).splitlines()
    assert lines[0] == (
        "app:1:/var/lib/dpkg/status warning image-vulnerability "
        "4 findings: 2 critical, 1 high, 1 low; 3 have a fix"
    )
    assert lines[1].split() == ["PACKAGE", "INSTALLED", "FIXED", "SEVERITY", "ID", "TITLE"]
    assert lines[2].split() == ["lib1", "1.0", "2.0", "critical", "CVE-2026-1001", "A", "flaw"]
    assert lines[3].split()[:3] == ["lib2", "1.0", "-"]
    assert lines[5].split()[0] == "lib0"  # info, after the warnings
    assert lines[6] == "  made: 4 of them by the base image debian:12 (Dockerfile:1)"
    assert lines[7] == "  help: dockgate explain image-vulnerability"
    assert len({line.index("CVE") for line in lines[2:6]}) == 1


def test_few_findings_are_told_one_by_one() -> None:
    shown = text([flaw(1), flaw(2)])
    assert "PACKAGE" not in shown
    assert shown.count("image-vulnerability lib") == 2


def test_layers_and_paths_have_columns_where_they_differ() -> None:
    findings = [flaw(n, path=f"app/{n}/package.json") for n in range(4)]
    findings.append(flaw(5, layer="sha256:" + "ab" * 32))
    shown = text(findings)
    assert shown.splitlines()[1].split()[-2:] == ["LAYER", "WHERE"]
    assert "/app/3/package.json" in shown
    assert "sha256:abababababab" in shown


def test_a_pipe_hides_nothing() -> None:
    long = "a long title " * 30
    findings = [flaw(n, title=long, path="p/" * 60 + str(n)) for n in range(200)]
    findings += [found("image-setuid", "it is", layer=LAYER, path=f"bin/{n}") for n in range(90)]
    shown = text(findings)
    for n in range(200):
        assert f"CVE-2026-{1000 + n} " in shown
    assert shown.count(long.strip()) == 200
    assert all(f"/bin/{n}\n" in shown for n in range(1, 90))


def test_equal_findings_at_many_places_are_one() -> None:
    findings = [
        found(
            "image-setuid", f"bin/{n} is setuid", layer=LAYER, path=f"bin/{n}", help=f"rm /bin/{n}"
        )
        for n in range(18)
    ]
    shown = text(findings, columns=80)
    assert shown.count("image-setuid") == 1
    assert shown.count("  also: /bin/") == 3
    assert "  also: and 14 more places, all in --format json\n" in shown
    assert "18 warnings in 1 image\n" in shown


def test_findings_of_the_configuration_stay_apart() -> None:
    twice = [
        found("image-secret-in-config", "Token in X"),
        found("image-secret-in-config", "Token"),
    ]
    assert text(twice, columns=80).count("image-secret-in-config Token") == 2


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 200])
def test_a_table_keeps_to_the_terminal(columns: int) -> None:
    findings = [flaw(n, title="漢字 title " * 9, path=f"very/long/path/{n}" * 4) for n in range(9)]
    table = text(findings, columns=columns).splitlines()[1:11]
    room = max(columns, 9 * 8)  # no cell is cut to less than it takes to know it
    assert all(width(line) <= room for line in table), max(map(width, table))
    if columns >= 80:
        assert all("…" in line for line in table[1:])


def test_reasons_that_repeat_findings_are_counted() -> None:
    findings = [found("image-setuid", f"it is {n}", path=f"bin/{n}") for n in range(30)]
    reasons = [f"app, /bin/{n}: image-setuid: it is {n}" for n in range(30)]
    report = Report(
        images=[ImageReport("app", DIGEST, findings)],
        verdict="refused", reasons=[*reasons, "policy size"], digest=DIGEST,
    )  # fmt: skip
    shown = formats.render(report, "text")
    assert "  policy size\n  and 25 more of the findings above\n" in shown
    assert shown.count("app, /bin/") == 5


@given(any_report(), st.one_of(st.none(), st.integers(1, 200)))
@settings(max_examples=60, deadline=None)
def test_nothing_steers_the_terminal(report: Report, columns: int | None) -> None:
    shown = formats.render(report, "text", columns=columns)
    assert all(line.isprintable() for line in shown.split("\n"))


@given(st.lists(st.tuples(ANY, ANY), min_size=4, max_size=8), st.integers(1, 120))
@settings(max_examples=60, deadline=None)
def test_tables_take_any_text(cells: list[tuple[str, str]], columns: int) -> None:
    findings = [
        found(RULE, "x", details=(("package", a), ("severity", b)), path="p") for a, b in cells
    ]
    shown = text(findings, columns=columns)
    assert f"{len(cells)} findings" in shown
    assert all(line.isprintable() for line in shown.split("\n"))
