"""hadolint's comments in a Dockerfile as dockgate's own, with the same findings before and after.

Which names can be taken over is tried, not guessed: dockgate's own comment that ignores nothing is
a finding, so the file is linted with the new comments, and what would be such a finding is left.
"""

from __future__ import annotations

import re

from dockgate.linter.config import Config, meant
from dockgate.linter.migration.change import Change
from dockgate.linter.report import FileReport
from dockgate.linter.run import Scope, lint
from dockgate.linter.suppress import UNUSED
from dockgate.rules.rule import Edit, Fix
from dockgate.rules.subjects.dockerfile import Comment, Dockerfile
from dockgate.rules.subjects.text import Span, Text

#: As `linter/suppress.py` reads it.
_IGNORE = re.compile(
    r"(\s*#\s*#*\s*)hadolint\s+(global\s+)?ignore\s*=\s*([\w\-]+(?:\s*,\s*[\w\-]+)*)", re.ASCII
)
_SHELL = re.compile(r"[\s#]*hadolint\s+shell\s*=\s*(\S+)")
_REASON = re.compile(r"reason:", re.IGNORECASE)


class _Pragma:
    """One `# hadolint ignore=` and what becomes of its codes."""

    def __init__(self, comment: Comment, source: str, match: re.Match[str]) -> None:
        self.line = comment.line
        self.span = comment.span
        self.prefix = match[1]
        self.form = "ignore-file" if match[2] else "ignore"
        self.codes = list(dict.fromkeys(re.findall(r"[\w\-]+", match[3])))
        self.tail = source[match.end() :].rstrip("\r\n")
        self.unknown = [code for code in self.codes if not meant(code)]
        self.useless: list[str] = []  #: known codes that ignore nothing here

    @property
    def names(self) -> list[str]:
        """What the new comment ignores."""
        left = (c for c in self.codes if c not in self.unknown and c not in self.useless)
        return list(dict.fromkeys(map(own_name, left)))

    def text(self) -> str:
        """The new comment."""
        reason = self.tail.strip()
        if reason and not _REASON.match(reason):
            reason = "reason: " + reason.lstrip("#-–—:;,. \t")
        words = f"{self.prefix}dockgate: {self.form}={','.join(self.names)}"
        return f"{words} {reason}" if reason else words

    def notes(self, path: str) -> list[str]:
        """What is not taken over, one line for each kind."""
        rest = "left out" if self.names else "the comment stays as it is"
        told = []
        if self.unknown:
            told.append(f"dockgate has no rule for {', '.join(self.unknown)}")
        if self.useless:
            told.append(f"{', '.join(self.useless)} ignores nothing here")
        return [f"{path}:{self.line}: {what}: {rest}" for what in told]


def own_name(code: str) -> str:
    """Dockgate's name for a peer's code; the code itself where it means several rules."""
    names = meant(code)
    return next(iter(names)) if len(names) == 1 else code


def moved(data: bytes, path: str, config: Config) -> tuple[Change | None, list[str], list[str]]:
    """The change to a Dockerfile (None: nothing to do), notes, and what could not be finished."""
    before, dockerfile = lint(data, path, config, Scope())
    if dockerfile is None:
        return None, [], [f"{path}: {line}" for line in before.failures]
    pragmas, notes = _pragmas(dockerfile, path)
    while True:
        changed = _rewritten(dockerfile, pragmas)
        after, model = lint(changed, path, config, Scope())
        if model is None or not _give_up(pragmas, after, model):
            break
    if _told(before) != _told(after):
        line = pragmas[0].line
        return None, [*notes, f"{path}:{line}: would change what is found: left as it is"], []
    for pragma in pragmas:
        notes += pragma.notes(path)
    if changed == data:
        return None, notes, []
    return Change(path, data, changed, (before.text, after.text)), notes, []


def _pragmas(dockerfile: Dockerfile, path: str) -> tuple[list[_Pragma], list[str]]:
    pragmas, notes = [], []
    for comment in dockerfile.comments:
        source = dockerfile.text[comment.span]
        match = _IGNORE.match(source)
        if match is not None:
            pragmas.append(_Pragma(comment, source, match))
            continue
        shell = _SHELL.match(source)
        if shell is not None:
            notes.append(
                f"{path}:{comment.line}: `hadolint shell={shell[1]}` stays and means nothing to "
                "dockgate: it reads SHELL, shebangs, and knows what base images set"
            )
    return pragmas, notes


def _rewritten(dockerfile: Dockerfile, pragmas: list[_Pragma]) -> bytes:
    from dockgate.linter.fixes import apply

    text = dockerfile.text
    edits = (Edit(_whole(text, p.span), p.text()) for p in pragmas if p.names)
    new = apply(text.text, [Fix("", (edit,)) for edit in edits])
    return Text(new, text.path).encode()


def _whole(text: Text, span: Span) -> Span:
    """The comment without the end of its line."""
    return Span(span.start, span.start + len(text[span].rstrip("\r\n")))


def _give_up(pragmas: list[_Pragma], report: FileReport, dockerfile: Dockerfile) -> bool:
    """Take out what `report` calls of no use in the new comments; whether there was any."""
    by_line = {pragma.line: pragma for pragma in pragmas}
    found = False
    for finding in report.findings:
        if finding.rule.name != UNUSED or finding.span is None:
            continue
        pragma = by_line.get(dockerfile.text.position(finding.span.start).line)
        name = dockerfile.text[finding.span]
        for code in pragma.codes if pragma is not None else ():
            if pragma is not None and own_name(code) == name and code not in pragma.useless:
                pragma.useless.append(code)
                found = True
    return found


def _told(report: FileReport) -> list[tuple[str, str, int, str]]:
    return sorted(
        (
            finding.rule.name,
            finding.severity.label,
            report.text.position(finding.span.start).line if finding.span else 0,
            finding.message,
        )
        for finding in report.findings
    )
