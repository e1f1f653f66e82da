"""A report as an editor shows it: one diagnostic for each finding and each failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dockgate.linter.language.analysis import Analysis
from dockgate.rules.rule import Finding, Severity
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.text import Span

SOURCE = "dockgate"
UNDECIDED = "undecided"  #: the code of what could not be finished

#: Rules about what could go without anything being missed: editors show it faded.
UNNECESSARY = frozenset(
    {
        "constant-platform",
        "consecutive-instructions",
        "duplicate-label",
        "empty-label",
        "multiple-cmd",
        "multiple-entrypoint",
        "multiple-healthcheck",
        "named-stage-unused",
        "redundant-target-platform",
        "redundant-cuda-install",
        "senseless-command",
        "unnecessary-package",
        "unreachable-stage",
        "unused-ignore",
        "user-never-used",
    }
)
#: Rules about what is on its way out: editors strike it through.
DEPRECATED = frozenset(
    {"deprecated-installer-flag", "end-of-life-base", "legacy-key-value", "maintainer-deprecated"}
)

_REPEATED = {
    "multiple-cmd": "CMD",
    "multiple-entrypoint": "ENTRYPOINT",
    "multiple-healthcheck": "HEALTHCHECK",
}


class Related(NamedTuple):
    """Another place that the reader has to know."""

    span: Span
    message: str


class Diagnostic(NamedTuple):
    """What stands at a place."""

    span: Span
    severity: Severity
    code: str
    message: str
    url: str = ""
    unnecessary: bool = False
    deprecated: bool = False
    related: tuple[Related, ...] = ()


def diagnostics(analysis: Analysis) -> list[Diagnostic]:
    """Everything that the report holds: its failures first, they make the file undecided."""
    failures = [
        Diagnostic(Span(0, 0), Severity.ERROR, UNDECIDED, failure)
        for failure in analysis.report.failures
    ]
    return failures + [of_finding(analysis, finding) for finding in analysis.report.findings]


def of_finding(analysis: Analysis, finding: Finding) -> Diagnostic:
    """The diagnostic of one finding."""
    rule = finding.rule
    found = tuple(_related(analysis.dockerfile, finding)) if analysis.dockerfile else ()
    return Diagnostic(
        finding.span or Span(0, 0),
        finding.severity,
        rule.name,
        finding.message,
        rule.url,
        rule.name in UNNECESSARY,
        rule.name in DEPRECATED,
        found,
    )


def _related(dockerfile: Dockerfile, finding: Finding) -> Iterator[Related]:
    name, span = finding.rule.name, finding.span
    if span is None:
        return
    here = _holding(dockerfile, span)
    if here is None or here.stage is None:
        return
    if name in _REPEATED:
        last = [i for i in here.stage.instructions if i.cmd == _REPEATED[name]][-1:]
        if last and last[0] is not here:
            yield Related(last[0].span, f"this {last[0].cmd} is the one that counts")
    elif name == "duplicate-stage-name":
        for stage in dockerfile.stages:
            if stage is not here.stage and stage.name == here.stage.name:
                yield Related(stage.from_.span, f"another stage called {stage.label}")
    elif name == "root-user" and here.stage is not dockerfile.final and dockerfile.final:
        yield Related(dockerfile.final.from_.span, "the final stage rests on that stage")


def _holding(dockerfile: Dockerfile, span: Span) -> Instruction | None:
    for instruction in dockerfile.instructions:
        if instruction.span.start <= span.start <= instruction.span.end:
            return instruction
    return None
