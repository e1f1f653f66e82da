"""A parser directive that BuildKit takes for a comment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span

#: What a directive's value looks like: anything else is a sentence with an equals sign.
_VALUES = {
    "syntax": r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?:[:@]\S+)?|\S+/\S*dockerfile\S*",
    "escape": r"[\\`]",
    "check": r"(?:skip|error|experimental)=\S+",
}


@cache
def _patterns() -> tuple[re.Pattern[str], dict[str, re.Pattern[str]]]:
    form = re.compile(r"([A-Za-z]+)(\s*[=:]\s*|\s+)(\S+)")
    return form, {name: re.compile(value) for name, value in _VALUES.items()}


def _meant(name: str, value: str) -> str | None:
    """The directive that is spelt like this, with at most two characters wrong."""
    for known, pattern in _patterns()[1].items():
        if pattern.fullmatch(value):
            same = sum(min(known.count(char), name.count(char)) for char in set(known))
            if same >= max(len(known), len(name)) - 2:
                return known
    return None


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a known directive that stands too low, and at a misspelt one above everything.

    `# check=` above an instruction is for that instruction, and works.
    """
    first = dockerfile.instructions[0].start if dockerfile.instructions else 0
    form, _ = _patterns()
    for comment in dockerfile.comments:
        match = form.fullmatch(comment.text)
        if match is None or not first:
            continue
        name, separator, value = match[1].lower(), match[2], match[3]
        known = _meant(name, value)
        if known is None or (known == "check" and comment.line > first):
            continue
        above = comment.line == len(dockerfile.directives) + 1  # nothing else is before it
        written = name == known and "=" in separator
        if not above and not written:
            continue
        if written and known == "check":
            continue
        span = comment.span
        at = span.start + dockerfile.text[span].index(match[1])
        edit = Edit(Span(at, at + len(match[1]) + len(separator)), f"{known}=")
        yield Finding(
            f"# {comment.text} is a comment to BuildKit: "
            + ("directives stand above all else" if written else f"the directive is # {known}="),
            span,
            help="move it to the first line" if written else "",
            fixes=() if written else (Fix(f"write # {known}=", (edit,), safe=False),),
        )


RULE = Rule(
    "ineffective-directive",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Directives count only above everything else, empty lines and comments included, and "
        "only if they are spelt right. Otherwise they are comments, and BuildKit says nothing: "
        "the file is read by another version of the frontend than was chosen, or with the wrong "
        "escape character. The fix is unsafe because the directive then has an effect."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#parser-directives",),
    aliases=("syntax-directive-typo",),
    examples=(
        bad(
            "# sytnax=docker/dockerfile:1\nFROM debian:12\n",
            at=[1],
            fixed="# syntax=docker/dockerfile:1\nFROM debian:12\n",
        ),
        bad(
            "# syntax: docker/dockerfile:1.7\nFROM debian:12\n",
            at=[1],
            fixed="# syntax=docker/dockerfile:1.7\nFROM debian:12\n",
        ),
        bad("# An image\n# escape=`\nFROM debian:12\n", at=[2]),
        bad("FROM debian:12\n# syntax=docker/dockerfile:1\nRUN x\n", at=[2]),
        good("# syntax=docker/dockerfile:1\n# escape=`\nFROM debian:12\n"),
        good("# Syntax of this file is simple\n# x=y\n# syntax checks\nFROM debian:12\n"),
        good("FROM debian:12\n# check=skip=JSONArgsRecommended\nCMD x\n"),
        good("FROM debian:12\nRUN <<EOF\n# syntax=docker/dockerfile:1\nEOF\n"),
    ),
    needs=("a comment",),
    check=check,
)
