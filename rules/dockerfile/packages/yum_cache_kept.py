"""yum's cache left in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.packages._kept import left_behind
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.caches import YUM
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first call of a RUN that ships after which the cache is not cleaned."""
    return left_behind(dockerfile, YUM, "{} clean all", "yum")


RULE = Rule(
    "yum-cache-kept",
    Dockerfile,
    Severity.INFO,
    why=(
        "yum keeps the metadata of every repository, and perhaps the packages, below "
        "/var/cache/yum: 50 to 200 MB that everybody pulls and nobody uses. A layer only ever "
        "adds, so cleaning in a later RUN hides the files and saves nothing. `yum clean metadata` "
        "leaves the packages; `clean all` takes both. Removing the folder or a cache mount do as "
        "well, and builder stages do not count: their layers are not shipped."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#minimize-the-number-of-layers",
        "CIS Docker 1.6 4.3",
    ),
    aliases=("DL3032", "DS-0015", "yum_clean_all_missing", "missing-yum-clean-all", "DF047"),
    examples=(
        bad(
            "FROM centos:7\nRUN yum install -y httpd\n",
            at=[2],
            fixed="FROM centos:7\nRUN yum install -y httpd && yum clean all\n",
        ),
        bad(
            "FROM centos:7\nRUN yum clean all && yum -y install a \\\n && yum clean metadata\n",
            at=[2],
            fixed=(
                "FROM centos:7\nRUN yum clean all && yum -y install a \\\n && yum clean metadata"
                " && yum clean all\n"
            ),
        ),
        bad(
            "FROM centos:7\nRUN yum -y update\nRUN yum clean all\n",
            at=[2],
            fixed="FROM centos:7\nRUN yum -y update && yum clean all\nRUN yum clean all\n",
        ),
        good("FROM centos:7\nRUN yum install -y a && yum install -y b && yum clean all\n"),
        good("FROM rockylinux:9\nRUN yum install -y a && dnf clean all\n"),
        good("FROM centos:7\nRUN yum -y install a && rm -rf /tmp/* /var/cache/{yum,ldconfig}\n"),
        good("FROM centos:7\nRUN --mount=type=cache,target=/var/cache/yum yum -y install a\n"),
        good("FROM centos:7 AS b\nRUN yum -y install a\nFROM scratch\nCOPY --from=b /a /\n"),
    ),
    needs=("yum",),
    check=check,
)
