"""An instruction's keyword within the script of a RUN."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.shell import Command, ShellWord
from dockgate.rules.subjects.shells import scripts
from dockgate.rules.subjects.text import Span

_KEYWORDS = frozenset(
    {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"}
    | {"ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}
)


def _swallowed(dockerfile: Dockerfile, command: Command) -> ShellWord | None:
    """The keyword at the start of a line, which the backslash before made an argument."""
    for word in command.args:
        if word.text in _KEYWORDS:
            line = dockerfile.text.text.rfind("\n", 0, word.span.start) + 1
            if line and not dockerfile.text.text[line : word.span.start].strip():
                return word
    return None


def _fix(dockerfile: Dockerfile, instruction: Instruction, command: Command) -> tuple[Fix, ...]:
    """`&& RUN x` -> `&& x`."""
    if command.name != "RUN" or not command.args or instruction.json:
        return ()
    start, end = command.words[0].span.start, command.args[0].span.start
    if dockerfile.text.text[start:end].strip() != "RUN":
        return ()
    return (Fix("remove RUN", (Edit(Span(start, end), ""),), safe=False),)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a command called as an instruction is, and at a keyword that begins a line."""
    for instruction, script in scripts(dockerfile):
        for command in script.commands:
            first = command.words[0] if command.words else None
            if first is not None and first.text in _KEYWORDS:
                yield Finding(
                    f"{first.text} is no command: the shell looks for a program of that name",
                    first.span,
                    stage=instruction.stage,
                    help="take it out of the script"
                    if first.text == "RUN"
                    else f"end this RUN and write {first.text} on a line of its own",
                    fixes=_fix(dockerfile, instruction, command),
                )
                continue
            word = _swallowed(dockerfile, command)
            if word is not None:
                yield Finding(
                    f"{word.text} is an argument of {command.name}: the line before it ends in a "
                    "continuation",
                    word.span,
                    stage=instruction.stage,
                    help=f"take the last continuation away if {word.text} is an instruction",
                )


RULE = Rule(
    "instruction-in-run",
    Dockerfile,
    Severity.ERROR,
    why=(
        "A script that was put together from several RUNs often keeps one of their keywords: "
        "`&& RUN make`. The shell then looks for a program called RUN, and the build fails, or, "
        "after `||` or `;`, goes on without what should have been done. A backslash too many at "
        "the end of a RUN swallows the instruction that follows: `COPY . .` becomes three "
        "packages to install, and nothing is copied."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#run",),
    examples=(
        bad(
            "FROM debian:12\nRUN apt-get update && RUN apt-get install -y curl\n",
            at=[2],
            fixed="FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
        ),
        bad("FROM debian:12\nRUN make; \\\n  ENV A=b\n", at=[3]),
        bad("FROM debian:12\nRUN apt-get install -y curl \\\nCOPY . .\n", at=[3]),
        bad("FROM debian:12\nRUN <<EOF\nmake\nWORKDIR /x\nEOF\n", at=[4]),
        good("FROM debian:12\nRUN echo RUN && grep FROM x && run y && ./RUN\n"),
        good("FROM debian:12\nRUN cat > /d <<EOF\nFROM a\nRUN b\nEOF\n"),
        good('FROM debian:12\nRUN psql -c "SELECT a \\\nFROM b"\n'),
    ),
    check=check,
)
