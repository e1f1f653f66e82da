"""Ignore comments: which findings a Dockerfile asks not to hear of.

dockgate's own forms, and its peers' as their documentation has them (hadolint "Inline ignores",
BuildKit "check directive", Checkov "Suppressing and skipping policies", Trivy "Inline ignores"):

    # dockgate: ignore=NAME[,NAME] reason: …        the instruction it stands above or in
    # dockgate: ignore-file=NAME[,NAME] reason: …   the whole file
    # hadolint ignore=DL3006,DL3008                 the instruction; `global ignore=`: the file
    # check=skip=JSONArgsRecommended;error=true     the file (a directive; `all`: BuildKit's checks)
    # check=skip=LegacyKeyValueFormat               the same below other lines: the instruction
    # checkov:skip=CKV_DOCKER_3:why                 the file
    # trivy:ignore:DS-0002[:exp:2026-12-31]         the instruction
    # shellcheck disable=SC2086,SC2046              the instruction

Where the configuration asks for reasons, a comment without one ignores nothing. Rules that it has
locked are ignored by no comment.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Iterator

from dockgate.linter.config import meant
from dockgate.linter.engine import SHELLCHECK, Selection, keys
from dockgate.linter.parsing.check_options import CHECKS
from dockgate.rules.pattern import pattern
from dockgate.rules.registry import entries
from dockgate.rules.rule import Edit, Finding, Fix, Rule
from dockgate.rules.subjects.dockerfile import Comment, Dockerfile, Instruction
from dockgate.rules.subjects.text import Span

UNUSED = "unused-ignore"
WITHOUT_REASON = "ignore-without-reason"

_OWN = pattern(r"dockgate:\s*(.*)", re.IGNORECASE | re.DOTALL)
_OWN_FORM = pattern(r"(ignore|ignore-file)\s*=\s*(.*?)(?:\s+(?i:reason):.*)?", re.DOTALL)
_REASON = pattern(r"\breason:\s*\S", re.IGNORECASE)
_NAME = pattern(r"[^\s,]+")
_HADOLINT = pattern(r"hadolint\s+(global\s+)?ignore\s*=\s*([\w\-]+(?:\s*,\s*[\w\-]+)*)", re.A)
_CHECKOV = pattern(r"checkov:skip=([\w\-]+)(:\s*\S)?", re.A)
_SHELLCHECK = pattern(r"shellcheck\s.*?\bdisable=((?:SC\d{4}|,)+)", re.A)
_TRIVY = pattern(r"trivy:ignore:([\w\-]+)((?::[\w\-]+)*)", re.A)
_CODE = pattern(r"SC\d{4}", re.A)
_EXPIRES = pattern(r":exp:(\d{4}-\d{2}-\d{2})", re.A)
_CHECK = pattern(r"check\s*=\s*(\S+)")
_SKIP = pattern(r"(?:^|;)\s*skip\s*=\s*([^;]*)", re.IGNORECASE)
_DIRECTIVE = pattern(r"\s*#\s*(syntax|escape|check)\s*=", re.IGNORECASE)


class _Ignore:
    """One name of one comment."""

    __slots__ = ("comment", "name", "place", "problem", "rules", "span", "told", "used", "within")

    def __init__(
        self,
        name: str,
        rules: frozenset[str],
        within: Span | None,
        place: Span,
        told: bool,
        span: Span | None = None,
    ) -> None:
        self.name = name
        self.rules = rules
        self.within = within  #: the instruction's place; None: the whole file
        self.place = place  #: of the whole comment or directive
        self.told = told  #: a reason is given
        self.span = span  #: the name's place, for dockgate's own comments only
        self.comment: Comment | None = None
        self.problem = ""
        self.used = False

    def covers(self, finding: Finding) -> bool:
        if self.rules.isdisjoint(keys(finding.rule)):
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
    kept: list[Finding] = []
    if dockerfile.settings.require_reason:
        kept += _without_reason(ignores, selection)
        ignores = [ignore for ignore in ignores if ignore.told]
    locked = selection.locked.keys()
    for finding in findings:
        covering = []
        if not locked or locked.isdisjoint(keys(finding.rule)):
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
                    yield _Ignore(name, _buildkit(name), None, directive.span, False)
    for comment in dockerfile.comments:
        text = comment.text
        if ":" in text or "=" in text:  # every form has one
            yield from _of_comment(dockerfile, comment, text.lstrip("#").strip())


def _of_comment(dockerfile: Dockerfile, comment: Comment, text: str) -> Iterator[_Ignore]:
    own = _OWN.match(text)
    if own is not None:
        yield from _own(dockerfile, comment, own[1].strip())
        return
    told = _REASON.search(text) is not None
    hadolint = _HADOLINT.match(text)
    if hadolint is not None:
        within = None if hadolint[1] else _scope(dockerfile, comment)
        for name in _NAME.findall(hadolint[2]):
            yield _Ignore(name, meant(name), within, comment.span, told)
    check = _CHECK.match(text)
    if check is not None:  # BuildKit merges it for the instruction below (since 1.26)
        within = _scope(dockerfile, comment)
        for match in _SKIP.finditer(check[1]):
            for name in _NAME.findall(match[1]):
                yield _Ignore(name, _buildkit(name), within, comment.span, told)
    for match in _CHECKOV.finditer(text):
        reason = told or match[2] is not None
        yield _Ignore(match[1], meant(match[1]), None, comment.span, reason)
    for match in _TRIVY.finditer(text):
        if not _expired(match[2]):
            name = match[1].upper().removeprefix("AVD-")
            yield _Ignore(name, meant(name), _scope(dockerfile, comment), comment.span, told)
    shellcheck = _SHELLCHECK.match(text)
    for name in filter(None, shellcheck[1].split(",") if shellcheck is not None else ()):
        yield _Ignore(name, meant(name), _scope(dockerfile, comment), comment.span, told)


def _own(dockerfile: Dockerfile, comment: Comment, text: str) -> Iterator[_Ignore]:
    form = _OWN_FORM.fullmatch(text)
    names = _NAME.findall(form[2]) if form is not None else []
    if form is None or not names:
        ignore = _Ignore("", frozenset(), None, comment.span, True, comment.span)
        ignore.comment = comment
        ignore.problem = "not understood: write `# dockgate: ignore=RULE` or `ignore-file=RULE`"
        yield ignore
        return
    within = _scope(dockerfile, comment) if form[1] == "ignore" else None
    told = _REASON.search(text) is not None
    source = dockerfile.text[comment.span]
    at = source.index("=")
    for name in names:
        at = source.index(name, at)
        start = comment.span.start + at
        span = Span(start, start + len(name))
        ignore = _Ignore(name, meant(name), within, comment.span, told, span)
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


def _buildkit(name: str) -> frozenset[str]:
    if name.lower() != "all":
        return meant(name)
    return frozenset(
        entry.name
        for entry in entries("dockerfile").values()
        if not CHECKS.isdisjoint(entry.aliases)
    )


def _expired(parts: str) -> bool:
    match = _EXPIRES.search(parts)
    return match is not None and match[1] < time.strftime("%Y-%m-%d", time.gmtime())


def _without_reason(ignores: list[_Ignore], selection: Selection) -> Iterator[Finding]:
    """A finding for each comment that gives none."""
    rule = entries("dockerfile")[WITHOUT_REASON].rule
    severity = selection.severity(rule)
    places = dict.fromkeys(i.place for i in ignores if not i.told) if severity is not None else ()
    for place in places:
        finding = Finding(
            "this gives no reason, and ignores nothing without one",
            place,
            help="say it in the comment: # dockgate: ignore=RULE reason: …",
        )
        finding.rule, finding.severity = rule, severity or rule.severity
        yield finding


def _unused(
    dockerfile: Dockerfile, ignores: list[_Ignore], selection: Selection, *, context: bool
) -> Iterator[Finding]:
    rule = entries("dockerfile")[UNUSED].rule
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
    if ignore.rules <= selection.locked.keys():
        return f"{ignore.name} is locked by the configuration: no comment ignores it"
    subjects = ["dockerfile", "context"] if context else ["dockerfile"]
    names = {SHELLCHECK if _CODE.fullmatch(name) else name for name in ignore.rules}
    rules = [entries(s)[n] for s in subjects for n in names if n in entries(s)]
    if not rules:
        if any(name in entries("context") for name in ignore.rules):
            return ""
        return f"{ignore.name} looks at images: a comment in the Dockerfile cannot ignore it"
    if not any(not selection.skips(e) and selection.may_run(e.rule) for e in rules):
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
