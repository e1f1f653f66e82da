"""dnf that will ask a question nobody can answer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.packages._answers import unanswered
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the verb when nothing answers for the user: no -y, `yes |` or configuration."""
    return unanswered(dockerfile, ("dnf", "tdnf"), "yhC", "-y", "assumeyes")


RULE = Rule(
    "dnf-missing-yes",
    Dockerfile,
    Severity.WARNING,
    why=(
        "dnf and tdnf ask `Is this ok [y/N]` before every transaction. A build has no terminal: "
        "dnf reads the end of its input, says `Operation aborted` and exits with status 1, so the "
        "build fails unless everything happens to be installed already. microdnf never asks (its "
        "-y does nothing), so it is left in peace."
    ),
    references=(
        "https://dnf.readthedocs.io/en/latest/command_ref.html#options",
        "https://docs.docker.com/build/building/best-practices/",
    ),
    aliases=("DL3038", "missing_flag_from_dnf_install", "missing-dnf-assume-yes-switch"),
    examples=(
        bad(
            "FROM fedora:41\nRUN dnf install httpd && dnf clean all\n",
            at=[2],
            fixed="FROM fedora:41\nRUN dnf install -y httpd && dnf clean all\n",
        ),
        bad(
            "FROM fedora:41\nRUN set -e; \\\n    dnf --nodocs in httpd; \\\n    dnf clean all\n",
            at=[3],
            fixed=(
                "FROM fedora:41\nRUN set -e; \\\n    dnf --nodocs in -y httpd; \\\n"
                "    dnf clean all\n"
            ),
        ),
        good("FROM fedora:41\nRUN dnf -y install httpd && dnf install --setopt=assumeyes=1 x\n"),
        good("FROM fedora:41\nRUN dnf install -vy httpd && dnf makecache\n"),
        good("FROM fedora:41\nRUN microdnf install httpd\n"),
        good("FROM fedora:41\nRUN echo dnf install httpd\n"),
        good("FROM fedora:41\nENV O=-y\nRUN dnf $O install httpd\n"),
    ),
    needs=("dnf", "tdnf"),
    check=check,
)
