"""Subject + rules + configuration -> findings. Pure: no file, no engine, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dockgate.rules.rule import UNSET, Finding, Rule, Severity


class Selection:
    """Which rules run and how bad each is: the part of the configuration that the engine needs."""

    __slots__ = ("ignored", "only", "severities")

    def __init__(
        self,
        *,
        only: frozenset[str] = frozenset(),
        ignored: frozenset[str] = frozenset(),
        severities: Mapping[str, Severity | None] | None = None,
    ) -> None:
        self.only = only  #: names; empty: all
        self.ignored = ignored  #: names
        self.severities = severities if severities is not None else {}  #: by name; None: off

    def severity(self, rule: Rule[Any]) -> Severity | None:
        """The rule's severity in force, None when it does not run."""
        if rule.name in self.ignored or (self.only and rule.name not in self.only):
            return None
        if rule.name in self.severities:
            return self.severities[rule.name]
        if not rule.enabled and rule.name not in self.only:
            return None
        return rule.severity


DEFAULT_SELECTION = Selection()


def check(
    subject: object, rules: Iterable[Rule[Any]], selection: Selection = DEFAULT_SELECTION
) -> tuple[list[Finding], list[str]]:
    """All findings of `rules` in `subject`, in the order of their places, and what failed.

    A rule that raises does not hide the others: its findings so far are kept and the failure is
    told as one line, which makes the run undecided (design: fail closed).
    """
    findings: list[Finding] = []
    failures: list[str] = []
    for rule in rules:
        severity = selection.severity(rule)
        if severity is None:
            continue
        try:
            for finding in rule.check(subject):
                if finding.rule is UNSET:
                    finding.rule = rule
                    finding.severity = severity
                findings.append(finding)
        except Exception as error:  # any fault of a rule must end as "undecided", not as silence
            failures.append(f"rule {rule.name} failed: {type(error).__name__}: {error}")
    findings.sort(key=_place)
    return findings, failures


def _place(finding: Finding) -> tuple[int, int, str, str, str]:
    start, end = finding.span if finding.span is not None else (-1, -1)
    return start, end, finding.rule.name, finding.layer or "", finding.path or ""
