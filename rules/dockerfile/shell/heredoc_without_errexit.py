"""A RUN heredoc that goes on when a command has failed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from dockgate.rules.rule import Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.shell import Command
from dockgate.rules.subjects.shells import first_command, in_heredoc, scripts

#: Commands that do not fail in practice, "" being an assignment or a redirect alone.
_SURE = frozenset({"", "echo", "printf", "set", "export", "unset", ":", "true", "umask", "trap"})


def _lost(commands: list[Command], context: tuple[str, ...]) -> Command | None:
    """The first command whose failure the script does not notice."""
    own = [command for command in commands if command.context == context]
    for command, following in pairwise(own):
        if following.connector in (";", "&") and "e" not in command.options:
            if command.name in ("exit", "exec"):
                return None
            if command.name not in _SURE:
                return command
    return None


def _fix(dockerfile: Dockerfile, instruction: Instruction) -> tuple[Fix, ...]:
    edit = first_command(dockerfile, instruction, "set -e")
    return (Fix("stop at the first failure", (edit,), safe=False),) if edit else ()


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the `<<NAME` of a heredoc that a shell reads and that never says `set -e`."""
    for instruction, script in scripts(dockerfile):
        if not instruction.heredocs or script.errors:
            continue
        lost = _lost(script.commands, ()) if in_heredoc(instruction) else None
        lost = lost or _lost(script.commands, ("heredoc",))
        if lost is None:
            continue
        inside = [h for h in instruction.heredocs if h.span.start <= lost.span.start < h.span.end]
        for heredoc in inside[:1]:
            yield Finding(
                f"if {lost.name} fails, the script goes on: only the last command's failure "
                "fails the build",
                heredoc.marker,
                stage=instruction.stage,
                help="start the heredoc with set -e",
                fixes=_fix(dockerfile, instruction) if not lost.context else (),
            )


RULE = Rule(
    "heredoc-without-errexit",
    Dockerfile,
    Severity.WARNING,
    why=(
        "BuildKit hands the heredoc of RUN to the shell as one script, and a shell goes on when a "
        "command fails. Lines that were joined by && before and became a heredoc lose their "
        "safety: the build succeeds though a download, a compiler or a test has failed, and the "
        "broken layer is cached. `set -e` as its first line stops it. SHELL or a first line such "
        "as #!/bin/sh -e does the same."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#here-documents",
        "https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#set",
    ),
    aliases=(),
    examples=(
        bad(
            "FROM debian:12\nRUN <<EOF\napt-get update\napt-get install -y curl\nEOF\n",
            at=[2],
            fixed="FROM debian:12\nRUN <<EOF\nset -e\napt-get update\n"
            "apt-get install -y curl\nEOF\n",
        ),
        bad(
            "FROM debian:12\nRUN <<-'EOF'\n\t#!/bin/bash\n\techo go\n\tmake; make install\n\tEOF\n",
            at=[2],
            fixed="FROM debian:12\nRUN <<-'EOF'\n\t#!/bin/bash\n\tset -e\n\techo go\n"
            "\tmake; make install\n\tEOF\n",
        ),
        bad("FROM debian:12\nRUN bash <<EOF\nmake\nmake install\nEOF\n", at=[2]),
        good("FROM debian:12\nRUN <<EOF\nset -eux\nmake\nmake install\nEOF\n"),
        good("FROM debian:12\nRUN <<EOF\n#!/bin/sh -e\nmake\nmake install\nEOF\n"),
        good('FROM debian:12\nSHELL ["/bin/sh", "-ec"]\nRUN <<EOF\nmake\nmake install\nEOF\n'),
        good("FROM debian:12\nRUN <<EOF\nmake &&\nmake install\nEOF\n"),
        good("FROM debian:12\nRUN <<EOF\n#!/usr/bin/env python3\nimport os\nos.sync()\nEOF\n"),
        good("FROM debian:12\nRUN bash -e <<EOF\nmake\nmake install\nEOF\n"),
        good("FROM debian:12\nRUN cat <<EOF > /x\nmake\nmake install\nEOF\n"),
    ),
    needs=("a heredoc",),
    check=check,
)
