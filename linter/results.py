"""What a lint of one file gave, and its form outside of the process: in the cache, in a pipe.

The form is a flat list of texts, each with its length before it (`3:abc`). `json` would take 5 ms
to import, half of what a lint costs whose result is known; and unlike `marshal` or `pickle`, what
is read here can be nothing but texts and numbers. Of secrets only the places are in it.
"""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.linter.report import FileReport
from dockgate.linter.vocabulary import SHELLCHECK
from dockgate.rules.finding import Edit, Finding, Fix, Severity
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.text import Span, Text

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

_NONE = ""


class Result(NamedTuple):
    """A file's report, and what its configuration means for the run."""

    report: FileReport
    limit: Severity | None  #: findings from here on make the run fail
    notes: tuple[str, ...] = ()
    baseline: bool = False  #: the configuration names one

    @property
    def failed(self) -> bool:
        """Whether a finding is at or over the limit."""
        limit = self.limit
        return limit is not None and any(f.severity >= limit for f in self.report.findings)


class StoredRule:
    """A rule as far as most reports tell of it; whatever else is asked, its module says."""

    __slots__ = ("aliases", "name", "url")

    def __init__(self, name: str, aliases: tuple[str, ...], url: str) -> None:
        self.name = name
        self.aliases = aliases
        self.url = url

    def __getattr__(self, attribute: str) -> Any:
        from dockgate.rules import registry

        entry = registry.find(self.name)
        if entry is None:
            raise AttributeError(attribute)
        return getattr(entry.rule, attribute)


class StoredStage:
    """A stage as far as reports tell of it."""

    __slots__ = ("label",)

    def __init__(self, label: str) -> None:
        self.label = label


_rules: dict[tuple[str, ...], Any] = {}


def dump(result: Result) -> bytes | None:
    """The result as bytes, None where it cannot be told so: findings outside of the file."""
    report = result.report
    rules: dict[tuple[str, ...], int] = {}
    findings: list[str] = []
    for finding in report.findings:
        if finding.layer is not None or finding.path is not None:
            return None
        rule = finding.rule
        severity = str(int(rule.severity)) if rule.name == SHELLCHECK else _NONE
        index = rules.setdefault((rule.name, severity, rule.url, *rule.aliases), len(rules))
        stage = finding.stage
        findings += [
            str(index),
            str(int(finding.severity)),
            *_span(finding.span),
            finding.message,
            finding.help,
            _NONE if stage is None else f"={stage.label}",
            str(len(finding.fixes)),
        ]
        for fix in finding.fixes:
            findings += [fix.title, "safe" if fix.safe else _NONE, str(len(fix.edits))]
            for edit in fix.edits:
                findings += [*_span(edit.span), edit.text]
    parts = [
        _NONE if result.limit is None else str(int(result.limit)),
        "baseline" if result.baseline else _NONE,
        str(len(report.text.text)),
        *_listed(result.notes),
        *_listed(report.failures),
        str(len(report.secrets)),
        *(part for span in report.secrets for part in _span(span)),
        str(len(rules)),
        *(part for rule in rules for part in _listed(rule)),
        str(len(report.findings)),
        *findings,
    ]
    return "".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")


def parse(dumped: bytes, data: bytes, path: str) -> Result:
    """What `dump` was given; `data` is the file, which is not in it.

    Raises ValueError, IndexError or StopIteration for anything that `dump` has not made.
    """
    parts = _parts(dumped.decode("utf-8", "surrogatepass"))
    limit = next(parts)
    baseline, length = next(parts) != _NONE, int(next(parts))
    notes, failures = _texts(parts), _texts(parts)
    secrets = [_read_span(parts) for _ in range(int(next(parts)))]
    rules = [_rule(*_texts(parts)) for _ in range(int(next(parts)))]
    findings = [_finding(parts, rules) for _ in range(int(next(parts)))]
    text = Text(data.decode("utf-8", "surrogateescape") if length else "", path)
    places = [finding.span for finding in findings if finding.span is not None] + secrets
    places += [e.span for finding in findings for fix in finding.fixes for e in fix.edits]
    if not length and data and not failures:
        raise ValueError("only what cannot be read has no text")
    if len(text.text) != length or any(not 0 <= p.start <= p.end <= length for p in places):
        raise ValueError("it is about another file")
    report = FileReport(path, text, findings, list(failures), secrets)
    return Result(report, Severity(int(limit)) if limit else None, notes, baseline)


def _span(span: Span | None) -> tuple[str, str]:
    return (_NONE, _NONE) if span is None else (str(span[0]), str(span[1]))


def _listed(texts: tuple[str, ...] | list[str]) -> list[str]:
    return [str(len(texts)), *texts]


def _parts(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        start = text.index(":", at) + 1
        at = start + int(text[at : start - 1])
        if at < start or at > len(text):
            raise ValueError("a length that is not")
        yield text[start:at]


def _texts(parts: Iterator[str]) -> tuple[str, ...]:
    return tuple([next(parts) for _ in range(int(next(parts)))])


def _read_span(parts: Iterator[str]) -> Span:
    return Span(int(next(parts)), int(next(parts)))


def _finding(parts: Iterator[str], rules: list[Any]) -> Finding:
    rule, severity = rules[int(next(parts))], Severity(int(next(parts)))
    start, end = next(parts), next(parts)
    finding = Finding(next(parts), Span(int(start), int(end)) if start else None, help=next(parts))
    label = next(parts)
    stage: Any = StoredStage(label[1:]) if label else None
    finding.stage = stage
    finding.rule, finding.severity = rule, severity
    finding.fixes = tuple([_fix(parts) for _ in range(int(next(parts)))])
    return finding


def _fix(parts: Iterator[str]) -> Fix:
    title, safe = next(parts), next(parts) != _NONE
    edits = tuple([Edit(_read_span(parts), next(parts)) for _ in range(int(next(parts)))])
    return Fix(title, edits, safe)


def _rule(*told: str) -> Any:
    """One object for each rule, as there is in a run that has read nothing."""
    if told not in _rules:
        name, severity, url, *aliases = told
        if name == SHELLCHECK:
            from dockgate.linter import shellcheck

            code = int(aliases[0].removeprefix("SC"))
            _rules[told] = shellcheck.rule_for(code, Severity(int(severity)).label)
        else:
            _rules[told] = StoredRule(name, tuple(aliases), url)
    return _rules[told]
