"""`ENV key value` in place of `ENV key=value`."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Word
from dockgate.rules.subjects.text import Span

_BLANK = " \t\r\f\v"


def _fix(instruction: Instruction, name: Word, value: Word, escape: str) -> tuple[Fix, ...]:
    """The same with `=`, where quotes around the whole value change nothing within it."""
    if set("\"'=" + escape) & set(name.value) or not name.value or not value.value:
        return ()
    gap = Span(name.span.end, value.span.start)
    text = value.value
    if not any(char in text for char in _BLANK):
        edits = [] if any(char.isspace() for char in text) else [Edit(gap, "=")]
    elif set("\"'" + escape) & set(text):
        edits = []
    else:
        edits = [Edit(gap, '="'), Edit(Span(value.span.end, value.span.end), '"')]
    if not edits:
        return ()
    return (Fix(f"write {instruction.cmd} {name.value}=…", tuple(edits)),)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each ENV and LABEL in that form, as BuildKit does."""
    for instruction in dockerfile.find("ENV", "LABEL"):
        if len(instruction.words) != 3:
            continue
        name, value, separator = instruction.words
        if not separator.value:
            yield Finding(
                f"{instruction.cmd} {name.value} without an equals sign is a deprecated form",
                Span(instruction.keyword.start, name.span.end),
                stage=instruction.stage,
                help=f"write {instruction.cmd} {name.value}=…, in quotes where it has blanks",
                fixes=_fix(instruction, name, value, dockerfile.escape),
            )


RULE = Rule(
    "legacy-key-value",
    Dockerfile,
    Severity.INFO,
    why=(
        "Without the equals sign everything up to the end of the line is the value, so that "
        "ENV A=1 B=2 and ENV A 1 B=2 mean quite different things: the second sets one variable to "
        "`1 B=2`. The form is deprecated, and BuildKit's documentation says that it may be "
        "removed."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/legacy-key-value-format/",
        "https://docs.docker.com/reference/dockerfile/#env",
    ),
    aliases=("LegacyKeyValueFormat", "invalid_format"),
    examples=(
        bad(
            "FROM debian:12\nENV LANG C.UTF-8\n", at=[2], fixed="FROM debian:12\nENV LANG=C.UTF-8\n"
        ),
        bad(
            "FROM debian:12\nENV DEPS curl $MORE git\nLABEL a  b\n",
            at=[2, 3],
            fixed='FROM debian:12\nENV DEPS="curl $MORE git"\nLABEL a=b\n',
        ),
        bad(
            "FROM debian:12\nENV DEPS curl \\\n    git\n",
            at=[2],
            fixed='FROM debian:12\nENV DEPS="curl \\\n    git"\n',
        ),
        bad('FROM debian:12\nENV NAME "Jo" Doe\n', at=[2]),
        good('FROM debian:12\nENV A=1 B="2 3" \\\n    C=4\n'),
        good("FROM debian:12\nENV A= B==\nARG X\n"),
    ),
    needs=("ENV", "LABEL"),
    check=check,
)
