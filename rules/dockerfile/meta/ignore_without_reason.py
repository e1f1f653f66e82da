"""An ignore comment that does not say why, where the configuration asks for reasons."""

from __future__ import annotations

from collections.abc import Iterable

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(_dockerfile: Dockerfile) -> Iterable[Finding]:
    """Nothing: the findings of this rule are made by `dockgate.linter.suppress`."""
    return ()


RULE = Rule(
    "ignore-without-reason",
    Dockerfile,
    Severity.WARNING,
    why="""\
A comment that switches a rule off is a decision. Whoever reviews the file a year later can judge
it only if it says why it was taken, and for whom. Where the configuration has `require_reason:
true` a comment without a reason ignores nothing, and this rule names it; without that key it is
silent. Every form of comment can give one: `reason:` and a text, for Checkov's the text after the
second colon. `# check=skip=…` has no room for one: say it as `# dockgate: ignore-file=… reason: …`.
""",
    needs=("~disable", "~ignore", "~skip"),
    check=check,
    references=[
        "CWE-1059",
        "https://cwe.mitre.org/data/definitions/1059.html",
    ],
    examples=[
        bad(
            "FROM debian:12.8\n# dockgate: ignore=sudo\nRUN sudo make\n",
            [2],
            require_reason=True,
        ),
        bad(
            "# check=skip=JSONArgsRecommended\nFROM debian:12.8\nCMD make run\n",
            [1],
            require_reason=True,
        ),
        good(
            "FROM debian:12.8\n# dockgate: ignore=sudo reason: the vendor's script asks for it\n"
            "RUN sudo make\n",
            require_reason=True,
        ),
        good(
            "FROM debian:12.8\n# checkov:skip=CKV2_DOCKER_1:the vendor's script\nRUN sudo make\n",
            require_reason=True,
        ),
        good("FROM debian:12.8\n# hadolint ignore=DL3004\nRUN sudo make\n"),
    ],
)
