"""yum that will ask a question nobody can answer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.packages._answers import unanswered
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the verb when nothing answers for the user: no -y, `yes |` or configuration."""
    return unanswered(dockerfile, ("yum",), "yhC", "-y", "assumeyes")


RULE = Rule(
    "yum-missing-yes",
    Dockerfile,
    Severity.WARNING,
    why=(
        "yum asks `Is this ok [y/d/N]` before every transaction. A build has no terminal: yum "
        "reads the end of its input, takes it as No and exits with status 1, so the build fails "
        "unless everything happens to be installed already. assumeyes=1 in yum.conf, set by an "
        "earlier step, answers as well."
    ),
    references=(
        "https://man7.org/linux/man-pages/man8/yum.8.html",
        "https://docs.docker.com/build/building/best-practices/",
    ),
    aliases=(
        "DL3030",
        "yum_install_allows_manual_input",
        "missing-yum-assume-yes-switch",
        "DF027",
    ),
    examples=(
        bad(
            "FROM centos:7\nRUN yum install httpd && yum clean all\n",
            at=[2],
            fixed="FROM centos:7\nRUN yum install -y httpd && yum clean all\n",
        ),
        bad(
            "FROM centos:7\nRUN sudo yum -q --enablerepo epel \\\n  update\n",
            at=[3],
            fixed="FROM centos:7\nRUN sudo yum -q --enablerepo epel \\\n  update -y\n",
        ),
        bad('FROM centos:7\nRUN ["yum", "groupinstall", "base"]\n', at=[2]),
        good("FROM centos:7\nRUN yum -y install httpd && yum install -qy x\n"),
        good("FROM centos:7\nRUN yum --assumeyes update && yes | yum install x\n"),
        good("FROM centos:7\nRUN echo assumeyes=1 >> /etc/yum.conf\nRUN yum install x\n"),
        good("FROM centos:7\nRUN yum makecache && yum clean all && yum repolist\n"),
    ),
    needs=("yum",),
    check=check,
)
