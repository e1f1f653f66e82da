"""Several sources, and a destination that may be a file."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Word
from dockgate.rules.subjects.text import Span


def _is_folder(target: str, *, windows: bool) -> bool:
    if not target or target.endswith("/") or (windows and target.endswith("\\")):
        return True
    return target.replace("\\", "/").rpartition("/")[2] in (".", "..")


def _fix(dockerfile: Dockerfile, target: Word) -> tuple[Fix, ...]:
    text = dockerfile.text[target.span]
    if text != target.value or set(text) & set("\"'\\`"):
        return ()
    return (Fix("end it in /", (Edit(Span(target.span.end, target.span.end), "/"),)),)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a destination of two or more sources that does not end in a slash."""
    for instruction in dockerfile.with_triggers():
        if instruction.cmd not in ("COPY", "ADD") or len(instruction.words) < 3:
            continue
        stage = instruction.stage
        target, value = instruction.words[-1], instruction.values[-1]
        if target.value.endswith("/"):
            continue
        if "$" in value or (value == "" and "$" in target.value):
            continue
        if not _is_folder(value, windows=stage is not None and stage.windows):
            yield Finding(
                f"{len(instruction.words) - 1} sources go to {target.value}: without a / at its "
                "end each may overwrite the one before",
                target.span,
                stage=stage,
                fixes=_fix(dockerfile, target) if "$" not in target.value else (),
            )


RULE = Rule(
    "many-sources-one-file",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Unless the destination exists as a directory or ends in a slash, BuildKit copies every "
        "source to one file of that name, and only the last remains. The classic builder refuses "
        "the instruction. With the slash both make a directory. Where the base has that directory "
        "already the slash changes nothing, so that the fix is safe."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#destination",),
    aliases=(
        "DL3021",
        "DS-0011",
        "copy_with_more_than_two_arguments_not_ending_with_slash",
        "DF048",
        "add_dest_invalid",
        "INVALID_DESTINATION",
    ),
    examples=(
        bad(
            "FROM debian:12\nCOPY a b /app\n",
            at=[2],
            fixed="FROM debian:12\nCOPY a b /app/\n",
        ),
        bad(
            'FROM debian:12\nADD --chown=1 a b \\\n  c d\nCOPY ["a", "b", "/c d"]\n',
            at=[3, 4],
            fixed='FROM debian:12\nADD --chown=1 a b \\\n  c d/\nCOPY ["a", "b", "/c d/"]\n',
        ),
        bad("FROM debian:12\nENV D=/opt\nCOPY a b $D\n", at=[3]),
        good("FROM debian:12\nCOPY a b /app/\nCOPY a b .\nCOPY a b ..\nCOPY a /app\n"),
        good("FROM debian:12\nENV D=/opt/\nCOPY a b $D\nCOPY a b $UNKNOWN\n"),
        good('FROM debian:12\nCOPY ["a b", "/app"]\nCOPY --from=x --chown=1 a /app\n'),
    ),
    needs=("ADD", "COPY"),
    check=check,
)
