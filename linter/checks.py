"""What `# check=` changes besides what it skips: more checks, and how bad their findings are."""

from __future__ import annotations

from collections.abc import Iterable

from dockgate.linter.engine import Selection
from dockgate.linter.parsing.check_options import ALL, CHECKS, EXPERIMENTAL, of
from dockgate.rules.registry import named
from dockgate.rules.rule import Finding, Severity
from dockgate.rules.subjects.dockerfile import Dockerfile


def selection(dockerfile: Dockerfile, chosen: Selection) -> Selection:
    """`chosen` with the rules that `# check=experimental=` turns on."""
    wanted = set(of(dockerfile).experimental)
    names = EXPERIMENTAL if ALL in wanted else wanted & EXPERIMENTAL
    enabled = {rule.name for name in names for rule in named(name)}
    return chosen.changed(enabled=chosen.enabled | enabled) if enabled else chosen


def raise_severities(
    dockerfile: Dockerfile, findings: Iterable[Finding], chosen: Selection
) -> None:
    """Make errors of what BuildKit refuses to build under `# check=error=true`.

    A severity that the user has given to a rule stays.
    """
    if not of(dockerfile).error:
        return
    for finding in findings:
        rule = finding.rule
        if rule.name not in chosen.severities and not (CHECKS | EXPERIMENTAL).isdisjoint(
            rule.aliases
        ):
            finding.severity = Severity.ERROR
