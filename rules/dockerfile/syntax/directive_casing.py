"""A parser directive that is not in lower case."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each directive whose name has an upper-case letter."""
    for directive in dockerfile.directives:
        text = dockerfile.text[directive.span]
        name = text.partition("=")[0].lstrip("# \t\f\r\v").rstrip()
        if name != directive.name and name.lower() == directive.name:
            start = directive.span.start + text.index(name)
            span = Span(start, start + len(name))
            yield Finding(
                f"the directive {name} is written {directive.name}",
                span,
                fixes=(Fix(f"write {directive.name}", (Edit(span, directive.name),)),),
            )


RULE = Rule(
    "directive-casing",
    Dockerfile,
    Severity.STYLE,
    why=(
        "BuildKit reads directives in any case, but by convention they are in lower case, and "
        "tools that look for `# syntax=` to find out which frontend a file wants, or to update "
        "it, look for just that."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#parser-directives",),
    aliases=("CASING_DIRECTIVE",),
    examples=(
        bad("# Escape=`\nFROM debian:12\n", at=[1], fixed="# escape=`\nFROM debian:12\n"),
        bad(
            "# syntax=docker/dockerfile:1\n#  CHECK = skip=all\nFROM debian:12\n",
            at=[2],
            fixed="# syntax=docker/dockerfile:1\n#  check = skip=all\nFROM debian:12\n",
        ),
        good("#syntax=docker/dockerfile:1\n# escape=\\\nFROM debian:12\n"),
        good("# A comment\n# Escape=`\nFROM debian:12\n"),
    ),
    needs=("a directive",),
    check=check,
)
