"""zypper that will ask a question nobody can answer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.packages._answers import unanswered
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the verb without -n before it or -y behind it."""
    return unanswered(dockerfile, ("zypper",), "nyhD", "-y", "no_such_setting_of_zypper")


RULE = Rule(
    "zypper-missing-yes",
    Dockerfile,
    Severity.WARNING,
    why=(
        "zypper asks `Continue? [y/n/v/...?]` before every transaction. A build has no terminal: "
        "zypper reads the end of its input and exits with an error, so the build fails. "
        "--non-interactive (-n) before the verb answers all questions with their default, -y "
        "behind it only this one; either is enough."
    ),
    references=(
        "https://man.archlinux.org/man/zypper.8.en",
        "https://docs.docker.com/build/building/best-practices/",
    ),
    aliases=(
        "DL3034",
        "missing_zypper_non_interactive_switch",
        "missing-zypper-no-confirm-switch",
        "DF043",
    ),
    examples=(
        bad(
            "FROM opensuse/leap:15\nRUN zypper install httpd && zypper clean\n",
            at=[2],
            fixed="FROM opensuse/leap:15\nRUN zypper install -y httpd && zypper clean\n",
        ),
        bad(
            "FROM opensuse/leap:15\nRUN zypper ref && \\\n    zypper in \\\n    httpd\n",
            at=[3],
            fixed=("FROM opensuse/leap:15\nRUN zypper ref && \\\n    zypper in -y \\\n    httpd\n"),
        ),
        bad('FROM opensuse/leap:15\nRUN ["zypper", "rm", "httpd"]\n', at=[2]),
        good("FROM opensuse/leap:15\nRUN zypper install -y httpd && zypper -n in x\n"),
        good("FROM opensuse/leap:15\nRUN zypper --non-interactive patch; zypper refresh\n"),
        good("FROM opensuse/leap:15\nRUN zypper install --no-confirm httpd\n"),
    ),
    needs=("zypper",),
    check=check,
)
