"""dnf's or microdnf's cache left in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.packages._kept import left_behind
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.caches import YUM
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first call of a RUN that ships after which the cache is not cleaned."""
    return left_behind(dockerfile, YUM, "{} clean all", "dnf", "microdnf", "tdnf")


RULE = Rule(
    "dnf-cache-kept",
    Dockerfile,
    Severity.INFO,
    why=(
        "dnf, microdnf and tdnf keep the metadata of every repository below /var/cache (dnf, "
        "libdnf5, yum, tdnf): 50 to 300 MB that everybody pulls and nobody uses. A layer only "
        "ever adds, so cleaning in a later RUN hides the files and saves nothing. Removing the "
        "folder or a cache mount do as well, and builder stages do not count: their layers are "
        "not shipped."
    ),
    references=(
        "https://dnf.readthedocs.io/en/latest/command_ref.html#clean-command",
        "CIS Docker 1.6 4.3",
    ),
    aliases=(
        "DL3040",
        "DS-0019",
        "DS-0027",
        "missing_dnf_clean_all",
        "missing-dnf-clean-all",
        "DF046",
    ),
    examples=(
        bad(
            "FROM fedora:41\nRUN dnf install -y httpd\n",
            at=[2],
            fixed="FROM fedora:41\nRUN dnf install -y httpd && dnf clean all\n",
        ),
        bad(
            "FROM ubi9/ubi-minimal:9.5\nRUN microdnf install a \\\n && microdnf clean all \\\n"
            " && microdnf install b\n",
            at=[4],
            fixed=(
                "FROM ubi9/ubi-minimal:9.5\nRUN microdnf install a \\\n && microdnf clean all \\\n"
                " && microdnf install b && microdnf clean all\n"
            ),
        ),
        good("FROM fedora:41\nRUN dnf install -y a && dnf -y install b && dnf clean all\n"),
        good("FROM fedora:41\nRUN dnf install -y a && rm -rf /var/cache/dnf /tmp/*\n"),
        good("FROM fedora:41\nRUN dnf install -y a && rm -rf /var/cache/*\n"),
        good(
            "FROM fedora:41\nRUN --mount=type=cache,target=/var/cache/libdnf5,sharing=locked \\\n"
            "    dnf install -y a\n"
        ),
        good("FROM fedora:41 AS b\nRUN dnf -y install a\nFROM scratch\nCOPY --from=b /a /\n"),
        good("FROM fedora:41\nRUN dnf remove -y a && dnf config-manager --set-enabled b\n"),
    ),
    needs=("dnf", "microdnf", "tdnf"),
    check=check,
)
