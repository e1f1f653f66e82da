"""More than one HEALTHCHECK in a stage."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile._repeats import overridden
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each HEALTHCHECK but the last of its stage."""
    return overridden(dockerfile, "HEALTHCHECK")


RULE = Rule(
    "multiple-healthcheck",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Only the last HEALTHCHECK of a stage is kept. The others look as if they watched "
        "something, so the one who relies on them learns of an outage from its users. Two things "
        "to check go into one command."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/",
        "CIS Docker 1.6 4.6",
    ),
    aliases=(
        "DL3012",
        "MultipleInstructionsDisallowed",
        "DS-0023",
        "DF041",
        "MULTIPLE_INSTRUCTIONS",
    ),
    examples=(
        bad("FROM debian:12\nHEALTHCHECK CMD /a\nHEALTHCHECK CMD /b\n", at=[2]),
        bad(
            "FROM debian:12\nHEALTHCHECK CMD /a\nHEALTHCHECK CMD /b\nHEALTHCHECK NONE\n", at=[2, 3]
        ),
        good("FROM debian:12 AS a\nHEALTHCHECK CMD /a\nFROM a\nHEALTHCHECK CMD /b\n"),
        good("FROM debian:12\nONBUILD HEALTHCHECK CMD /a\nHEALTHCHECK CMD /b\n"),
    ),
    needs=("HEALTHCHECK",),
    check=check,
)
