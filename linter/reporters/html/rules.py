"""The end of the page: why each rule that fired is one, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dockgate.linter.report import Report
from dockgate.linter.reporters.html.escape import escaped, prose
from dockgate.linter.reporters.summary import noun, rule_name
from dockgate.rules.rule import Rule


def rules(report: Report) -> Iterator[str]:
    """A closed section for every rule that fired, by name; printed open."""
    fired: dict[str, tuple[Rule[Any], int]] = {}
    for finding in report.findings:
        name = rule_name(finding)
        fired[name] = finding.rule, fired.get(name, (finding.rule, 0))[1] + 1
    told = [(name, *fired[name]) for name in sorted(fired) if fired[name][0].why]
    if not told:
        return
    yield '<section class="rules" aria-labelledby="rules">\n'
    yield '<h2 id="rules">The rules, and why</h2>\n'
    for name, rule, count in told:
        label = escaped(name)
        yield f'<details id="why-{label.replace(" ", "-")}">\n<summary><h3>{label}</h3> '
        yield f'<span class="many">{noun(count, "finding")}</span></summary>\n'
        for paragraph in rule.why.split("\n\n"):
            yield f"<p>{prose(' '.join(paragraph.split()))}</p>\n"
        if rule.aliases:
            codes = ", ".join(f"<code>{escaped(alias)}</code>" for alias in rule.aliases)
            yield f'<p class="codes">Also known as {codes}</p>\n'
        if rule.references:
            yield '<ul class="references">\n'
            yield from (f"<li>{_reference(reference)}</li>\n" for reference in rule.references)
            yield "</ul>\n"
        yield "</details>\n"
    yield "</section>\n"


def _reference(reference: str) -> str:
    shown = escaped(reference)
    if reference.startswith("https://"):
        return f'<a href="{shown}" rel="noreferrer">{shown}</a>'
    return shown
