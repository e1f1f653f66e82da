"""Subject + rules + configuration -> findings. Pure: no file, no engine, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from dockgate.linter.vocabulary import SHELLCHECK as SHELLCHECK
from dockgate.rules.registry import Entry, entries, find
from dockgate.rules.rule import UNSET, Finding, Rule, Severity
from dockgate.rules.subjects.dockerfile import Dockerfile, Stage

Severities = Mapping[str, Severity | None]
#: of a rule and the severity that it has by itself
Profile = Callable[[Rule[Any], Severity], Severity | None]


def keys(rule: Rule[Any]) -> tuple[str, ...]:
    """The names that a selection knows a rule by, the narrowest first: `SC2086`, `shellcheck`."""
    if rule.name == SHELLCHECK and rule.aliases:
        return rule.aliases[0], rule.name
    return (rule.name,)


class LevelsAt:
    """Severities in some stages of a Dockerfile, or at some paths in images."""

    __slots__ = ("matches", "severities")

    def __init__(self, matches: Callable[[Any], bool], severities: Severities) -> None:
        self.matches = matches  #: takes a `Stage`, or a path
        self.severities = severities

    def without(self, names: Iterable[str]) -> LevelsAt:
        """The same, silent about the rules `names`."""
        left = {n: s for n, s in self.severities.items() if n not in set(names)}
        return LevelsAt(self.matches, left)


class Selection:
    """Which rules run and how bad each is: the part of the configuration that the engine needs.

    Immutable. What is said later goes before: the profile, `severities`, `stages`, `only` and
    `ignored`, `locked`.
    """

    __slots__ = (
        "_known",
        "_wanted",
        "enabled",
        "ignored",
        "locked",
        "only",
        "places",
        "profile",
        "severities",
        "stages",
    )

    def __init__(
        self,
        *,
        only: frozenset[str] = frozenset(),
        ignored: frozenset[str] = frozenset(),
        enabled: frozenset[str] = frozenset(),
        severities: Severities | None = None,
        stages: tuple[LevelsAt, ...] = (),
        places: tuple[LevelsAt, ...] = (),
        locked: Severities | None = None,
        profile: Profile | None = None,
    ) -> None:
        self.only = only  #: names; empty: all
        self.ignored = ignored  #: names
        self.enabled = enabled  #: rules that are off by default and run all the same
        self.severities = severities if severities is not None else {}  #: by name; None: off
        self.stages = stages  #: the last that matches counts
        self.places = places  #: as `stages`, of paths in images
        #: rules that no comment ignores, with the least severity that each has (None: any)
        self.locked = locked if locked is not None else {}
        self.profile = profile  #: None: the rules' own defaults
        self._known: dict[Rule[Any], Severity | None] = {}
        self._wanted: dict[str, list[Entry]] = {}

    def changed(self, **changes: Any) -> Selection:
        """A copy with other values for some of the constructor's arguments."""
        names = [name for name in self.__slots__ if name[0] != "_"]
        return Selection(**{name: getattr(self, name) for name in names} | changes)

    def severity(self, rule: Rule[Any], stage: Stage | None = None) -> Severity | None:
        """The rule's severity in force (in a stage), None when it does not run there."""
        if stage is None or not self.stages:
            if rule not in self._known:
                self._known[rule] = self._severity(rule, None, rule.severity)
            return self._known[rule]
        return self._severity(rule, stage, rule.severity)

    def severity_of(self, finding: Finding, stage: Stage | None = None) -> Severity | None:
        """As `severity`, of a finding that may be milder than what its rule mostly finds."""
        rule = finding.rule
        if finding.at_most is None or finding.at_most >= rule.severity:
            return self.severity(rule, stage)
        return self._severity(rule, stage, finding.at_most)

    def severity_at(self, finding: Finding) -> Severity | None:
        """The severity of what was found in an image: its place may have one of its own."""
        names = keys(finding.rule)
        for level in reversed(self.places) if finding.path else ():
            for name in names:
                if name in level.severities and level.matches(finding.path or ""):
                    return self._locked(names, level.severities[name])
        return finding.severity

    def may_run(self, rule: Rule[Any]) -> bool:
        """Whether the rule runs anywhere: it may run in a stage alone."""
        if self.severity(rule) is not None:
            return True
        return any(
            level.severities.get(name) is not None for level in self.stages for name in keys(rule)
        ) and not self._unwanted(keys(rule))

    def skips(self, entry: Entry) -> bool:
        """Whether the rule surely runs nowhere, as far as its entry tells."""
        name = entry.name
        if name in self.locked:
            return False
        if name in self.ignored or (self.only and name not in self.only):
            return True
        if entry.enabled or self.profile is not None or name in self.enabled | self.only:
            return False
        mentioned = name in self.severities
        return not mentioned and not any(name in level.severities for level in self.stages)

    def wanted(self, subject: str) -> list[Entry]:
        """The rules of a subject that it does not skip."""
        if subject not in self._wanted:
            found = [e for e in entries(subject).values() if not self.skips(e)]
            self._wanted[subject] = found
        return self._wanted[subject]

    def _severity(self, rule: Rule[Any], stage: Stage | None, own: Severity) -> Severity | None:
        names = keys(rule)
        return self._locked(
            names, None if self._unwanted(names) else self._level(rule, names, stage, own)
        )

    def _locked(self, names: tuple[str, ...], found: Severity | None) -> Severity | None:
        least = next((self.locked[name] for name in names if name in self.locked), None)
        return least if least is not None and (found is None or found < least) else found

    def _unwanted(self, names: tuple[str, ...]) -> bool:
        if not self.ignored.isdisjoint(names):
            return True
        wanted = not self.only or not self.only.isdisjoint(names)
        return not wanted and self.locked.keys().isdisjoint(names)

    def _level(
        self, rule: Rule[Any], names: tuple[str, ...], stage: Stage | None, own: Severity
    ) -> Severity | None:
        levels = [self.severities]
        if stage is not None:
            levels += [level.severities for level in self.stages if level.matches(stage)]
        for severities in reversed(levels):
            for name in names:
                if name in severities:
                    return severities[name]
        if not (self.only.isdisjoint(names) and self.enabled.isdisjoint(names)):
            return own
        if self.profile is not None:
            return self.profile(rule, own)
        return own if rule.enabled else None


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
        if severity is None and not (selection.stages and selection.may_run(rule)):
            continue
        try:
            for finding in rule.check(subject):
                if finding.rule is UNSET:
                    finding.rule = rule
                    in_force = selection.severity_of(finding)
                    finding.severity = rule.severity if in_force is None else in_force
                findings.append(finding)
        except Exception as error:  # any fault of a rule must end as "undecided", not as silence
            failures.append(f"rule {rule.name} failed: {type(error).__name__}: {error}")
    findings.sort(key=_place)
    return findings, failures


def relevant(
    subject: str, selection: Selection, dockerfile: Dockerfile | None = None
) -> Iterator[Rule[Any]]:
    """The rules of a subject that may have something to say; no other module is loaded.

    `dockerfile`: what it has decides (`Rule.needs`); None: all count.
    """
    has = dockerfile.has() if dockerfile is not None else set()
    lowered = dockerfile.text.text.lower() if dockerfile is not None else ""
    for entry in selection.wanted(subject):
        if (
            dockerfile is None
            or not entry.needs
            or not has.isdisjoint(entry.needs)
            or any(text in lowered for text in entry.mentions)
        ):
            yield entry.rule


def runs_shellcheck(selection: Selection) -> bool:
    """Whether the selection asks for ShellCheck, whole or for some of its codes."""
    entry = find(SHELLCHECK)
    if any(name[:2] == "SC" for name in selection.only):
        return True
    return entry is not None and not selection.skips(entry) and selection.may_run(entry.rule)


def chosen(findings: Iterable[Finding], selection: Selection) -> list[Finding]:
    """The findings whose rules may run, each as bad as the selection has it."""
    kept = []
    for finding in findings:
        severity = selection.severity_of(finding)
        if severity is not None or (selection.stages and selection.may_run(finding.rule)):
            finding.severity = finding.rule.severity if severity is None else severity
            kept.append(finding)
    return kept


def by_stage(
    findings: Iterable[Finding], dockerfile: Dockerfile, selection: Selection
) -> list[Finding]:
    """The findings that count in the stages where they stand, each as bad as it is there."""
    kept = []
    for finding in findings:
        severity = selection.severity_of(finding, _stage(finding, dockerfile))
        if severity is not None:
            finding.severity = severity
            kept.append(finding)
    return kept


def _stage(finding: Finding, dockerfile: Dockerfile) -> Stage | None:
    if finding.stage is not None or finding.span is None:
        return finding.stage
    found = None
    for stage in dockerfile.stages:
        if stage.from_.span.start <= finding.span.start:
            found = stage
    return found


def _place(finding: Finding) -> tuple[int, int, str, str, str]:
    start, end = finding.span if finding.span is not None else (-1, -1)
    return start, end, finding.rule.name, finding.layer or "", finding.path or ""
