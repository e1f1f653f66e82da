"""zypper's cache left in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.packages._kept import FILLS, left_behind
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.caches import ZYPPER
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first call of a RUN that ships after which the cache is not cleaned."""
    verbs = (*FILLS, "remove", "patch")
    return left_behind(dockerfile, ZYPPER, "zypper clean --all", verbs=verbs)


RULE = Rule(
    "zypper-cache-kept",
    Dockerfile,
    Severity.INFO,
    why=(
        "zypper keeps the metadata of every repository, raw and solved, below /var/cache/zypp: "
        "tens of megabytes that everybody pulls and nobody uses. `zypper remove` writes there "
        "too: it computes the solver's file of what is installed. A layer only ever adds, so "
        "cleaning in a later RUN hides the files and saves nothing. Removing the folder or a "
        "cache mount do as well, and builder stages do not count: their layers are not shipped."
    ),
    references=(
        "https://man.archlinux.org/man/zypper.8.en",
        "CIS Docker 1.6 4.3",
    ),
    aliases=("DL3036", "DS-0020", "missing_zypper_clean", "missing-zypper-clean", "DF045"),
    examples=(
        bad(
            "FROM opensuse/leap:15\nRUN zypper install -y httpd\n",
            at=[2],
            fixed="FROM opensuse/leap:15\nRUN zypper install -y httpd && zypper clean --all\n",
        ),
        bad(
            "FROM opensuse/leap:15\nRUN zypper cc; \\\n zypper -n in a;\n",
            at=[3],
            fixed="FROM opensuse/leap:15\nRUN zypper cc; \\\n zypper -n in a; zypper clean --all\n",
        ),
        good("FROM opensuse/leap:15\nRUN zypper in -y a && zypper in -y b && zypper clean -a\n"),
        good("FROM opensuse/leap:15\nRUN zypper -n in a && zypper cc\n"),
        good("FROM opensuse/leap:15\nRUN zypper -n in a && rm -rf /var/cache/zypp/*\n"),
        good("FROM opensuse/leap:15\nRUN zypper addrepo http://x.org/r x && zypper repos\n"),
    ),
    needs=("zypper",),
    check=check,
)
