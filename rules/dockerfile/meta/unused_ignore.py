"""An ignore comment that ignores nothing."""

from __future__ import annotations

from collections.abc import Iterable

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(_dockerfile: Dockerfile) -> Iterable[Finding]:
    """Nothing: only when every other rule has spoken is it known what a comment ignored.

    The findings of this rule are made by `dockgate.linter.suppress`.
    """
    return ()


RULE = Rule(
    "unused-ignore",
    Dockerfile,
    Severity.WARNING,
    why="""\
A comment such as `# dockgate: ignore=root-user` is an exception that somebody decided on. When the
finding is gone the comment stays behind, and the day the fault comes back nobody is told. When the
rule's name is misspelt the comment has never worked at all. Comments for other tools (`# hadolint
ignore=`, `# checkov:skip=`, …) are honoured but never reported: they may be meant for the other
tool alone.""",
    needs=("~dockgate:",),
    check=check,
    references=[
        "CWE-1164",
        "https://cwe.mitre.org/data/definitions/1164.html",
    ],
    examples=[
        bad(
            "FROM debian:12.8\n# dockgate: ignore=sudo\nRUN make\n",
            [2],
            fixed="FROM debian:12.8\nRUN make\n",
        ),
        bad("FROM debian:12.8\n# dockgate: ignore=sudoo\nRUN sudo make\n", [2]),
        good("FROM debian:12.8\n# dockgate: ignore=sudo reason: vendor script\nRUN sudo make\n"),
    ],
)
