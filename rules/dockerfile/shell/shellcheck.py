"""What ShellCheck finds in the scripts of a Dockerfile."""

from __future__ import annotations

from collections.abc import Iterable

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(_dockerfile: Dockerfile) -> Iterable[Finding]:
    """Nothing: the findings are made by `dockgate.linter.shellcheck`, one run for many files."""
    return ()


RULE = Rule(
    "shellcheck",
    Dockerfile,
    Severity.WARNING,
    why="""\
A shell script in a Dockerfile has the faults of any shell script: a variable without quotes that
falls apart at its spaces, a `cd` that fails unseen, a bashism in a shell that is dash. ShellCheck
knows hundreds of them. With `--shellcheck`, or `shellcheck: true` in the configuration, dockgate
runs it over every RUN, HEALTHCHECK, CMD and ENTRYPOINT in shell form and over here-documents, with
the shell that SHELL, a shebang or the base image says. Each finding has ShellCheck's own severity
and code, which works wherever a rule's name does: `--ignore SC2086`, `rules: {SC2086: off}`,
`# dockgate: ignore=SC2086 reason: …`, and `# shellcheck disable=SC2086` within or above the
instruction.

Off by default, since ShellCheck is a program of its own (`pip install 'dockgate[shellcheck]'`) and
costs more time than all other rules together. What a Dockerfile provides is not complained of:
variables of ENV and ARG are known, and files that a script sources cannot be looked at.""",
    check=check,
    references=["https://www.shellcheck.net/wiki/", "https://github.com/koalaman/shellcheck"],
    examples=[
        bad("FROM debian:12.8\nRUN make \\\n && cp -r $1 /srv\n", [3]),
        bad('FROM debian:12.8\nRUN [[ -d /srv ]] && echo "yes"\n', [2]),
        good("FROM debian:12.8\nENV TARGET=/srv\nRUN cp -r app $TARGET\n"),
        good('FROM debian:12.8\nSHELL ["/bin/bash", "-c"]\nRUN [[ -d /srv ]] && echo "yes"\n'),
    ],
    enabled=False,
)
