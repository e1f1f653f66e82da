"""System packages of yum without a version."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.pinning._unpinned import is_rpm_pinned, unpinned
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def _pinned(operand: str) -> bool:
    return is_rpm_pinned(operand)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first unpinned package of each installation."""
    return unpinned(dockerfile, ("yum",), _pinned, "name the version: {}-VERSION")


RULE = Rule(
    "unpinned-yum-package",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "yum takes the newest version that the repositories hold, so two "
        "builds of one commit differ. "
        "Off by default: distributions delete old versions from their mirrors, so that a pin "
        "makes the next build fail as soon as there is a security fix, and holds the fix back "
        "until somebody edits the line. The base image's digest and a snapshot of the mirror "
        "settle all packages at once, and dependencies too. Switch this on where builds must "
        "name what they install and the mirror keeps it."
    ),
    references=(
        "https://man7.org/linux/man-pages/man8/yum.8.html",
        "CWE-1357",
    ),
    aliases=("DL3033", "yum_install_without_version"),
    examples=(
        bad("FROM centos:7\nRUN yum install -y httpd\n", at=[2]),
        bad("FROM centos:7\nRUN yum -y update && \\\n    yum install -y a-1.0 b\n", at=[3]),
        good("FROM centos:7\nRUN yum install -y httpd-2.4.6 ./a.rpm https://x.org/b.rpm\n"),
        good("FROM centos:7\nENV V=2.4\nRUN yum install -y rethinkdb-$V\n"),
        good("FROM centos:7\nRUN yum remove -y httpd && yum makecache\n"),
    ),
    check=check,
)
