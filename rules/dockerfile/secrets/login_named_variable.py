"""A variable of ARG or ENV that is called like the name of a login."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

_LAST = ("USR", "USERNAME", "LOGIN")
#: Names that end so and mean the container's own user.
_OWN = frozenset({"USERNAME", "LOGIN", "USR"})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at names of two words or more whose last one is that of an account."""
    for instruction in dockerfile.find("ARG", "ENV"):
        for name, _, _ in instruction.pairs():
            upper = name.value.upper()
            if upper not in _OWN and upper.rpartition("_")[2] in _LAST:
                yield Finding(
                    f"{instruction.cmd} {name.value} puts the name of a login into the image",
                    name.span,
                    stage=instruction.stage,
                    help="give it to the RUN that needs it: --mount=type=secret,env=NAME",
                )


RULE = Rule(
    "login-named-variable",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "The name of an account at a registry or a repository is half of a login, and it stays in "
        "the image's history. Some count it as a secret, as Trivy does with ARTIFACTORY_USR. It is "
        "none: what must be kept is the password or the token beside it, which secret-in-arg and "
        "secret-in-env report. So this is off by default."
    ),
    references=("https://docs.docker.com/build/building/secrets/", "CWE-200"),
    aliases=("DS-0031",),
    examples=(
        bad("FROM debian:12\nARG ARTIFACTORY_USR\n", at=[2]),
        bad("FROM debian:12\nENV A=1 \\\n    NEXUS_USERNAME=ci\n", at=[3]),
        good("FROM debian:12\nARG USERNAME=vscode\nENV USER=app\n"),
        good("FROM debian:12\nARG LOGIN_URL\nENV RUN_AS_USER=1\n"),
    ),
    check=check,
)
