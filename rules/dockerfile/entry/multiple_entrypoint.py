"""More than one ENTRYPOINT in a stage."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile._repeats import overridden
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each ENTRYPOINT but the last of its stage."""
    return overridden(dockerfile, "ENTRYPOINT")


RULE = Rule(
    "multiple-entrypoint",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Only the last ENTRYPOINT of a stage is kept. A first one that drops privileges, sets up "
        "certificates or waits for a database is void without a word, and the container starts "
        "without what its author counts on."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/",
        "https://docs.docker.com/reference/dockerfile/#entrypoint",
    ),
    aliases=(
        "DL4004",
        "MultipleInstructionsDisallowed",
        "DS-0007",
        "multiple_entrypoint_instructions_listed",
        "multiple-entrypoint-instructions",
        "DF039",
        "MULTIPLE_INSTRUCTIONS",
    ),
    examples=(
        bad('FROM debian:12\nENTRYPOINT ["a"]\nENTRYPOINT ["b"]\n', at=[2]),
        bad('FROM debian:12\nENTRYPOINT a\nCMD ["x"]\nENTRYPOINT ["b"]\n', at=[2]),
        good('FROM debian:12 AS a\nENTRYPOINT ["a"]\nFROM a\nENTRYPOINT ["b"]\n'),
        good('FROM debian:12\nENTRYPOINT ["a"]\nCMD ["b"]\n'),
    ),
    needs=("ENTRYPOINT",),
    check=check,
)
