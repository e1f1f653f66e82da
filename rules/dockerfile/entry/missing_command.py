"""Neither CMD nor ENTRYPOINT."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.processes import last


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the final stage's FROM."""
    stage = dockerfile.final
    if stage is None or last(stage, "CMD") or last(stage, "ENTRYPOINT"):
        return
    yield Finding(
        "the image says neither CMD nor ENTRYPOINT, so it starts what its base starts",
        stage.base.span,
        stage=stage,
        help="end the final stage with a CMD",
    )


RULE = Rule(
    "missing-command",
    Dockerfile,
    Severity.INFO,
    why=(
        "An image without a command of its own starts what the base image starts: a shell that "
        "ends at once, or the bare interpreter. Whoever runs it must know what to type. The rule "
        "is off by default: bases, tools and parcels of files need no command, and many images "
        "extend one whose command is right (nginx, postgres)."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#cmd",),
    aliases=("DF017",),
    enabled=False,
    examples=(
        bad("FROM debian:12\nCOPY app /app\n", at=[1]),
        bad('FROM a:1 AS b\nCMD ["x"]\nFROM debian:12\nCOPY --from=b /a /a\n', at=[3]),
        good('FROM debian:12\nENTRYPOINT ["/app"]\n'),
        good("FROM debian:12 AS b\nCMD /app\nFROM b\nRUN true\n"),
    ),
    check=check,
)
