"""A comment that tells a linter to be silent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span

_MARKS = ("ignore", "skip")


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(
        r"\s*#*\s*(?:dockgate:\s*ignore|hadolint\s+(?:global\s+)?ignore\s*=|check\s*=.*skip\s*="
        r"|checkov:skip=|trivy:ignore:|kics-scan\s+(?:ignore|disable)|tally\s+(?:global\s+)?ignore"
        r"\s*=|dockerfilelint|nosemgrep)",
        re.IGNORECASE,
    )


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each ignore comment and each `# check=skip=`, whichever linter it is for."""
    found: list[tuple[str, Span]] = [
        (directive.name + "=" + directive.value, directive.span)
        for directive in dockerfile.directives
    ]
    found += [(comment.text, comment.span) for comment in dockerfile.comments]
    for text, span in found:
        lower = text.lower()
        if any(mark in lower for mark in (*_MARKS, "nosemgrep", "kics")) and _pattern().match(text):
            yield Finding(
                "an exception from a rule is made here",
                span,
                help="mend what the rule finds, or make the exception in the configuration",
            )


RULE = Rule(
    "inline-ignore",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "Whoever writes the Dockerfile writes the exception, too. Where exceptions are decided by "
        "somebody else, for instance a security team, a comment in the file must not be enough; "
        "there this rule shows each of them. Off by default: elsewhere a comment beside the line, "
        "with its reason, is the best place for an exception."
    ),
    references=(
        "https://docs.docker.com/build/checks/",
        "https://github.com/hadolint/hadolint/wiki/DL1001",
        "CWE-1164",
    ),
    aliases=("DL1001",),
    examples=(
        bad("# hadolint ignore=DL3006\nFROM debian\n", at=[1]),
        bad(
            "# check=skip=all\nFROM debian:12\n# dockgate: ignore=sudo reason: x\nRUN sudo x\n",
            at=[1, 3],
        ),
        good("# syntax=docker/dockerfile:1\n# we ignore=DL3006\nFROM debian:12\n"),
        good("# check=error=true\nFROM debian:12\n# skip this\nRUN echo '# hadolint ignore=x'\n"),
    ),
    check=check,
)
