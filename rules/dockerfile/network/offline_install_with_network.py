"""An installation from local files in a RUN that could reach the network."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

#: Options with which a package manager asks no server.
_OFFLINE = {
    "bundle": ("--local",),
    "npm": ("--offline",),
    "yarn": ("--offline",),
    "pnpm": ("--offline",),
    "pip": ("--no-index", "--offline"),
    "uv": ("--offline",),
    "cargo": ("--offline", "--frozen"),
    "gem": ("--local", "-l"),
}


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the option of an offline installation whose RUN has no --network=none."""
    for manager, options in _OFFLINE.items():
        for instruction, command, call in dockerfile.calls(manager):
            network = instruction.flag("network")
            if network is not None and network.value == "none":
                continue
            word = next((w for w in call.options if w.value in options), None)
            if word is not None:
                yield Finding(
                    f"{command.name} {word.value} needs no network, and this RUN has one",
                    word.span,
                    stage=instruction.stage,
                    help="RUN --network=none …, when nothing else in it fetches",
                )


RULE = Rule(
    "offline-install-with-network",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "An installation that is told to use local files only can still run install scripts that "
        "fetch what they like. RUN --network=none makes BuildKit take the network away, so that "
        "nothing unreviewed comes in and nothing of the build goes out. Off by default: few "
        "projects vendor their packages with all that install scripts need, and other commands "
        "of the same RUN may need the network."
    ),
    references=("https://docs.docker.com/reference/dockerfile/#run---network",),
    aliases=("ruby/prefer-network-none-install",),
    examples=(
        bad("FROM ruby:3.4\nCOPY vendor vendor\nRUN bundle install --local\n", at=[3]),
        bad("FROM python:3.13\nRUN pip install --no-index \\\n  --find-links=/w a\n", at=[2]),
        good("FROM ruby:3.4\nRUN --network=none bundle install --local\n"),
        good("FROM node:22\nRUN npm ci && npm ci --prefer-offline\n"),
    ),
    check=check,
)
