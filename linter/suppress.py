"""Ignore comments: which findings a Dockerfile asks not to hear of.

dockgate's own forms, and its peers' as their documentation has them (hadolint "Inline ignores",
BuildKit "check directive", Checkov "Suppressing and skipping policies", Trivy "Inline ignores"):

    # dockgate: ignore=NAME[,NAME] reason: …        the instruction it stands above or in
    # dockgate: ignore-file=NAME[,NAME] reason: …   the whole file
    # hadolint ignore=DL3006,DL3008                 the instruction; `global ignore=`: the file
    # check=skip=JSONArgsRecommended;error=true     the file (a directive; `all`: BuildKit's checks)
    # checkov:skip=CKV_DOCKER_3:why                 the file
    # trivy:ignore:DS-0002[:exp:2026-12-31]         the instruction
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Iterator

from dockgate.linter.engine import Selection
from dockgate.rules.registry import named, rules_of
from dockgate.rules.rule import Edit, Finding, Fix, Rule
from dockgate.rules.subjects.dockerfile import Comment, Dockerfile, Instruction
from dockgate.rules.subjects.text import Span

UNUSED = "unused-ignore"

_OWN = re.compile(r"dockgate:\s*(.*)", re.IGNORECASE | re.DOTALL)
_OWN_FORM = re.compile(r"(ignore|ignore-file)\s*=\s*(.*?)(?:\s+reason:.*)?", re.DOTALL)
_NAME = re.compile(r"[^\s,]+")
_HADOLINT = re.compile(r"hadolint\s+(global\s+)?ignore\s*=\s*([\w\-]+(?:\s*,\s*[\w\-]+)*)", re.A)
_CHECKOV = re.compile(r"checkov:skip=([\w\-]+)", re.A)
_TRIVY = re.compile(r"trivy:ignore:([\w\-]+)((?::[\w\-]+)*)", re.A)
_EXPIRES = re.compile(r":exp:(\d{4}-\d{2}-\d{2})", re.A)
_SKIP = re.compile(r"(?:^|;)\s*skip\s*=\s*([^;]*)", re.IGNORECASE)
_BUILDKIT_CODE = re.compile(r"[A-Z][A-Za-z]*[a-z][A-Za-z]*", re.A)
_DIRECTIVE = re.compile(r"\s*#\s*(syntax|escape|check)\s*=", re.IGNORECASE)


class _Ignore:
    """One name of one comment."""

    __slots__ = ("comment", "name", "problem", "rules", "span", "used", "within")

    def __init__(
        self, name: str, rules: list[Rule[object]], within: Span | None, span: Span | None = None
    ) -> None:
        self.name = name
        self.rules = frozenset(rule.name for rule in rules)
        self.within = within  #: the instruction's place; None: the whole file
        self.span = span  #: the name's place, for dockgate's own comments only
        self.comment: Comment | None = None
        self.problem = ""
        self.used = False

    def covers(self, finding: Finding) -> bool:
        if finding.rule.name not in self.rules:
            return False
        if self.within is None:
            return True
        return finding.span is not None and (
            self.within.start <= finding.span.start <= self.within.end
        )


def apply(
    dockerfile: Dockerfile, findings: list[Finding], selection: Selection, *, context: bool = False
) -> list[Finding]:
    """What remains of `findings`, and a finding for each ignore that ignored nothing.

    `context`: the rules on the build context ran too.
    """
    ignores = list(_ignores(dockerfile))
    if not ignores:
        return findings
    kept = []
    for finding in findings:
        covering = [ignore for ignore in ignores if ignore.covers(finding)]
        for ignore in covering:
            ignore.used = True
        if not covering:
            kept.append(finding)
    kept += _unused(dockerfile, ignores, selection, context=context)
    kept.sort(key=lambda finding: finding.span or (-1, -1))
    return kept


def _ignores(dockerfile: Dockerfile) -> Iterator[_Ignore]:
    for directive in dockerfile.directives:
        if directive.name == "check":
            for match in _SKIP.finditer(directive.value):
                for name in _NAME.findall(match[1]):
                    yield _Ignore(name, _buildkit(name), None)
    for comment in dockerfile.comments:
        text = comment.text
        if ":" in text or "=" in text:  # every form has one
            yield from _of_comment(dockerfile, comment, text.lstrip("#").strip())


def _of_comment(dockerfile: Dockerfile, comment: Comment, text: str) -> Iterator[_Ignore]:
    own = _OWN.match(text)
    if own is not None:
        yield from _own(dockerfile, comment, own[1].strip())
        return
    hadolint = _HADOLINT.match(text)
    if hadolint is not None:
        within = None if hadolint[1] else _scope(dockerfile, comment)
        for name in _NAME.findall(hadolint[2]):
            yield _Ignore(name, named(name), within)
    for match in _CHECKOV.finditer(text):
        yield _Ignore(match[1], named(match[1]), None)
    for match in _TRIVY.finditer(text):
        if not _expired(match[2]):
            name = match[1].upper().removeprefix("AVD-")
            yield _Ignore(name, named(name), _scope(dockerfile, comment))


def _own(dockerfile: Dockerfile, comment: Comment, text: str) -> Iterator[_Ignore]:
    form = _OWN_FORM.fullmatch(text)
    names = _NAME.findall(form[2]) if form is not None else []
    if form is None or not names:
        ignore = _Ignore("", [], None, comment.span)
        ignore.comment = comment
        ignore.problem = "not understood: write `# dockgate: ignore=RULE` or `ignore-file=RULE`"
        yield ignore
        return
    within = _scope(dockerfile, comment) if form[1] == "ignore" else None
    source = dockerfile.text[comment.span]
    at = source.index("=")
    for name in names:
        at = source.index(name, at)
        start = comment.span.start + at
        ignore = _Ignore(name, named(name), within, Span(start, start + len(name)))
        ignore.comment = comment
        at += len(name)
        yield ignore


def _scope(dockerfile: Dockerfile, comment: Comment) -> Span:
    """The lines of the instruction that the comment stands in or above; nowhere without one."""
    instructions: list[Instruction] = dockerfile.instructions
    index = bisect_left(instructions, comment.line, key=lambda i: i.end)
    if index == len(instructions):
        return Span(-2, -2)
    first, last = instructions[index].start, instructions[index].end
    return Span(dockerfile.text.starts[first - 1], dockerfile.text.line_span(last).end)


def _buildkit(name: str) -> list[Rule[object]]:
    if name.lower() != "all":
        return named(name)
    rules: list[Rule[object]] = list(rules_of("dockerfile").values())
    return [r for r in rules if any(_BUILDKIT_CODE.fullmatch(code) for code in r.aliases)]


def _expired(parts: str) -> bool:
    match = _EXPIRES.search(parts)
    return match is not None and match[1] < time.strftime("%Y-%m-%d", time.gmtime())


def _unused(
    dockerfile: Dockerfile, ignores: list[_Ignore], selection: Selection, *, context: bool
) -> Iterator[Finding]:
    rule = rules_of("dockerfile")[UNUSED]
    severity = selection.severity(rule)
    own = [ignore for ignore in ignores if ignore.comment is not None]
    if severity is None or any(ignore.covers(_as_finding(rule)) for ignore in own):
        return
    messages = [(i, i.problem or _complaint(i, selection, context=context)) for i in own]
    removable = [ignore for ignore, message in messages if message and ignore.rules]
    for ignore, message in messages:
        if message:
            fixes = [_removal(dockerfile, ignore, own, removable)] if ignore.rules else ()
            finding = Finding(message, ignore.span, fixes=fixes)
            finding.rule, finding.severity = rule, severity
            yield finding


def _as_finding(rule: Rule[Dockerfile]) -> Finding:
    """A finding of `rule` at no place: only an `ignore-file` covers it."""
    finding = Finding("")
    finding.rule = rule
    return finding


def _complaint(ignore: _Ignore, selection: Selection, *, context: bool) -> str:
    """Why the ignore is of no use, "" when it is, or when its rule did not run."""
    if ignore.used or UNUSED in ignore.rules:
        return ""
    if not ignore.rules:
        from dockgate.linter.config import known_names, suggestion

        return f"no rule is called {ignore.name}{suggestion(ignore.name, known_names())}"
    subjects = ["dockerfile", "context"] if context else ["dockerfile"]
    rules = [rules_of(s)[n] for s in subjects for n in ignore.rules if n in rules_of(s)]
    if not rules:
        if any(name in rules_of("context") for name in ignore.rules):
            return ""
        return f"{ignore.name} looks at images: a comment in the Dockerfile cannot ignore it"
    if all(selection.severity(rule) is None for rule in rules):
        return ""
    where = "in this file" if ignore.within is None else "here"
    return f"{ignore.name} finds nothing {where}: the comment ignores nothing"


def _removal(
    dockerfile: Dockerfile, ignore: _Ignore, own: list[_Ignore], removable: list[_Ignore]
) -> Fix:
    """Takes the name out of its comment, the whole line when no other name is left."""
    comment, span = ignore.comment, ignore.span
    assert comment is not None
    assert span is not None
    text = dockerfile.text
    siblings = [other for other in own if other.comment is comment]
    if not all(other in removable for other in siblings):
        places = [other.span for other in siblings if other.span is not None]
        index = places.index(span)
        if index + 1 < len(places):
            cut = Span(span.start, places[index + 1].start)
        else:
            cut = Span(places[index - 1].end, span.end)
        return Fix(f"Take {ignore.name} out of the comment", (Edit(cut, ""),))
    start = text.starts[comment.line - 1]
    after = text.starts[comment.line] if comment.line < len(text.starts) else len(text.text)
    # Without the comment the next line would be read as a parser directive.
    safe = not _DIRECTIVE.match(text.text, after)
    return Fix("Remove the comment", (Edit(Span(start, after), ""),), safe)
