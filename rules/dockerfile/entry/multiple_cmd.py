"""More than one CMD in a stage."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile._repeats import overridden
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each CMD but the last of its stage."""
    return overridden(dockerfile, "CMD")


RULE = Rule(
    "multiple-cmd",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Only the last CMD of a stage is kept; the others never run. Whoever wrote two mostly "
        "expects both, for instance a migration before the server, and finds out in production "
        "that one did not happen. Steps of the build belong into RUN, several processes into a "
        "start script or into containers of their own."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/",
        "https://docs.docker.com/reference/dockerfile/#cmd",
    ),
    aliases=(
        "DL4003",
        "MultipleInstructionsDisallowed",
        "DS-0016",
        "multiple_cmd_instructions_listed",
        "multiple-cmd-instructions",
        "DF038",
        "MULTIPLE_INSTRUCTIONS",
    ),
    examples=(
        bad('FROM debian:12\nCMD ["a"]\nCMD ["b"]\n', at=[2]),
        bad("FROM debian:12\nCMD a\nRUN true\ncmd b\nCMD c\n", at=[2, 4]),
        good('FROM debian:12 AS a\nCMD ["a"]\nFROM a\nCMD ["b"]\n'),
        good('FROM debian:12\nHEALTHCHECK CMD ["h"]\nCMD ["a"]\n'),
    ),
    needs=("CMD",),
    check=check,
)
