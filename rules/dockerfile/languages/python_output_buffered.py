"""Python without the two usual variables."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.images import matches
from dockgate.rules.subjects.users import base_of

_VARIABLES = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at FROM of a final stage on the official python image that does not set both."""
    stage = dockerfile.final
    if stage is None or not matches(base_of(stage), "docker.io/library/python"):
        return
    missing = [name for name in _VARIABLES if name not in stage.env]
    if missing:
        yield Finding(
            f"{' and '.join(missing)} not set: "
            + ("output comes late, or never" if missing[0] == _VARIABLES[0] else ".pyc files"),
            stage.from_.words[0].span,
            stage=stage,
            help=f"ENV {' '.join(name + '=1' for name in missing)}",
        )


RULE = Rule(
    "python-output-buffered",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "Without a terminal Python collects 8 kB of output before it writes: a container that is "
        "killed takes its last lines along, unless PYTHONUNBUFFERED is set. "
        "PYTHONDONTWRITEBYTECODE keeps .pyc files out of the layers that run Python. Off by "
        "default: logging writes at once to standard error, servers flush by themselves, and "
        "without .pyc files every start compiles again, so both are a matter of taste."
    ),
    references=("https://docs.python.org/3/using/cmdline.html#envvar-PYTHONUNBUFFERED",),
    aliases=("DF032",),
    examples=(
        bad("FROM python:3.13\nCOPY a.py /\n", at=[1]),
        bad("FROM python:3.13 AS base\nENV PYTHONUNBUFFERED=1\nFROM base\n", at=[3]),
        good("FROM python:3.13\nENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1\n"),
        good("FROM python:3.13 AS b\nFROM debian:12\nCOPY --from=b /a /\n"),
    ),
    check=check,
)
