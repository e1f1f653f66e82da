"""COPY or ADD gives files to another user than root."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.users import is_root


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at --chown with anybody but root, in the stages that ship."""
    for stage in dockerfile.final.chain() if dockerfile.final else ():
        for instruction in stage.find("COPY", "ADD"):
            flag = instruction.flag("chown")
            if flag is not None and flag.value and not is_root(flag.value):
                yield Finding(
                    f"{instruction.cmd} --chown={flag.value} lets {flag.value.partition(':')[0]} "
                    "change these files",
                    flag.span,
                    stage=stage,
                    help="leave files that are only read to root",
                )


RULE = Rule(
    "chown-flag",
    Dockerfile,
    Severity.INFO,
    why=(
        "A program that owns its own files can be made to change them: who breaks into it leaves "
        "a back door in its scripts or configuration, while files of root stay as they were "
        "built. The rule is off by default, because the flag is the right way to give data "
        "folders to the user that needs them, far better than a RUN chown, which stores the "
        "files twice, and because copy-after-user-without-chown asks for it."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#copy---chown---chmod",
        "CWE-732",
    ),
    aliases=("chown_flag_exists",),
    enabled=False,
    examples=(
        bad("FROM python:3.13\nCOPY --chown=app:app app /app\n", at=[2]),
        bad("FROM python:3.13\nADD \\\n  --chown=1000 a /a\n", at=[3]),
        good("FROM python:3.13\nCOPY app /app\n"),
        good("FROM python:3.13\nCOPY --chown=0:0 app /app\n"),
        good("FROM python:3.13 AS b\nCOPY --chown=app . .\nFROM scratch\nCOPY --from=b /a /a\n"),
    ),
    check=check,
)
