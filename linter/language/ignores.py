"""Where an ignore comment goes, so that `linter.suppress` reads it as it is meant."""

from __future__ import annotations

import re

from dockgate.linter.language.analysis import Analysis
from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Edit, Finding
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.text import Span

_NAMES = pattern(
    r"#\s*dockgate:\s*(ignore|ignore-file)\s*=\s*([^\s,]+(?:[\s,]*,\s*[^\s,]+)*)", re.I
)


def can_ignore(analysis: Analysis, finding: Finding) -> bool:
    """Whether a comment may silence the finding at all."""
    config = analysis.config
    return (
        analysis.dockerfile is not None
        and config.inline_ignores
        and finding.rule.name not in config.selection.locked
    )


def ignore_here(analysis: Analysis, finding: Finding) -> Edit | None:
    """The comment above the instruction that the finding stands in; None outside of any.

    A comment that is there already gets the rule's name as well.
    """
    dockerfile = analysis.dockerfile
    if dockerfile is None or finding.span is None:
        return None
    instruction = _holding(dockerfile, finding.span.start)
    if instruction is None:
        return None
    name = finding.rule.name
    line = instruction.start
    added = _added(dockerfile, "ignore", name, (line - 1, line - 1))
    if added is not None:
        return added
    start = dockerfile.text.starts[line - 1] + _mark(dockerfile, line)
    before = dockerfile.text.text[start : instruction.keyword.start]
    indent = before if before.isspace() and "\n" not in before else ""
    return Edit(Span(start, start), f"{indent}# dockgate: ignore={name} reason: \n")


def ignore_in_file(analysis: Analysis, finding: Finding) -> Edit | None:
    """The comment at the top of the file, below parser directives."""
    dockerfile = analysis.dockerfile
    if dockerfile is None:
        return None
    name = finding.rule.name
    added = _added(dockerfile, "ignore-file", name, (1, len(dockerfile.text.starts)))
    if added is not None:
        return added
    text = dockerfile.text
    line = max((directive.line for directive in dockerfile.directives), default=0)
    if not line and text.text.startswith("#!"):
        line = 1
    comment = f"# dockgate: ignore-file={name} reason: \n"
    if line >= len(text.starts):  # the last line has no end
        return Edit(Span(len(text.text), len(text.text)), "\n" + comment)
    start = text.starts[line] + _mark(dockerfile, line + 1)
    return Edit(Span(start, start), comment)


def _holding(dockerfile: Dockerfile, offset: int) -> Instruction | None:
    line = dockerfile.text.position(offset).line
    return next((i for i in dockerfile.instructions if i.start <= line <= i.end), None)


def _mark(dockerfile: Dockerfile, line: int) -> int:
    """How many characters a byte order mark takes at the start of a line."""
    return 1 if line == 1 and dockerfile.text.text.startswith("\ufeff") else 0


def _added(dockerfile: Dockerfile, form: str, name: str, lines: tuple[int, int]) -> Edit | None:
    """Puts the name into a comment of this form on one of the lines, where there is one."""
    for comment in dockerfile.comments:
        if lines[0] <= comment.line <= lines[1]:
            source = dockerfile.text[comment.span]
            match = _NAMES.match(source, max(source.find("#"), 0))
            if match is not None and match[1] == form:
                at = comment.span.start + match.end(2)
                return Edit(Span(at, at), f",{name}")
    return None
