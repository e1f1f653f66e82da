"""A shell script that cannot be read, so that nothing can be said of its commands."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first place of a script that is no valid shell, or at one too long to read."""
    for instruction in dockerfile.with_triggers():
        script = instruction.script
        if script is None or not script.errors or script.language != "posix":
            continue
        span = min(script.errors)
        what = "can be read only in part" if script.commands else "cannot be read"
        if not dockerfile.text[span]:
            span = instruction.keyword
        yield Finding(
            f"this {instruction.cmd} {what}: no valid shell, or longer than any shell takes",
            span,
            stage=instruction.stage,
            help="look for an open quote, `if` or `do`; put a long script into a file of its own",
        )


RULE = Rule(
    "unreadable-script",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Rules on commands see what the shell would run. Where a script is broken, or larger "
        "than the system hands to a shell, they see nothing of it or only a part, and silence "
        "would look like approval. Mostly the build fails there too; a script that does run may "
        "hide what everybody else is told about."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#run",
        "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html",
    ),
    examples=(
        bad('FROM debian:12\nRUN echo "never closed\n', at=[2]),
        bad("FROM debian:12\nRUN true && \\\n  if true; then sudo true\n", at=[2]),
        bad("FROM debian:12\nRUN <<EOF\necho $(\nEOF\n", at=[3]),
        good('FROM debian:12\nSHELL ["/bin/bash", "-c"]\nRUN a=(1 2); [[ ${a[0]} =~ 1 ]]\n'),
        good("FROM debian:12\nRUN <<EOF\n#!/usr/bin/env python3\nprint('if')\nEOF\n"),
        good("FROM debian:12\nRUN case x in x) echo ;; esac; f() { :; }; f\n"),
        good('FROM debian:12\nRUN ["echo", "\\"never closed"]\n'),
        good(
            "FROM mcr.microsoft.com/windows/servercore:ltsc2022\n"
            'SHELL ["powershell", "-Command"]\nRUN if ($x) { \'a\n'
        ),
    ),
    check=check,
)
