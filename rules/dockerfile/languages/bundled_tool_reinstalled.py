"""A tool installed that the base image already has."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.images import matches
from dockgate.rules.subjects.users import base_of

#: manager -> image -> what it brings
_BUNDLED = {
    "gem": ("docker.io/library/ruby", frozenset({"bundler"})),
    "npm": ("docker.io/library/node", frozenset({"npm", "yarn"})),
    "pip": ("docker.io/library/python", frozenset({"pip"})),
}


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at such a package without a version in a stage made from the tool's official image."""
    for manager, (image, tools) in _BUNDLED.items():
        for instruction, command, call in dockerfile.calls(manager):
            if call.verb != "install" or instruction.stage is None:
                continue
            upgrades = call.has("-U", "--upgrade", "-v", "--version")
            for word in call.packages:
                if (
                    word.value in tools
                    and not upgrades
                    and matches(base_of(instruction.stage), image)
                ):
                    yield Finding(
                        f"{command.name} installs {word.value}, which the base image already has",
                        word.span,
                        stage=instruction.stage,
                        help=f"leave it out, or name the version of {word.value} that is needed",
                    )


RULE = Rule(
    "bundled-tool-reinstalled",
    Dockerfile,
    Severity.INFO,
    why=(
        "The official images of Ruby, Node.js and Python bring bundler, npm, yarn and pip in a "
        "version that is tested with them. Installing one again, without saying which, stores it "
        "a second time, may bring a version that does not fit the language's (the newest bundler "
        "refuses old Rubies), and makes two builds of one commit differ. With a version, or with "
        "--upgrade, somebody has a reason."
    ),
    references=("https://hub.docker.com/_/ruby",),
    aliases=("ruby/redundant-bundler-install",),
    examples=(
        bad("FROM ruby:3.4\nRUN gem install bundler\n", at=[2]),
        bad("FROM node:22 AS a\nFROM a\nRUN npm install -g \\\n  npm x@1 yarn\n", at=[4, 4]),
        good("FROM ruby:3.4\nRUN gem install bundler -v 2.4.22 && gem install bundler:2.4.22\n"),
        good("FROM node:22\nRUN npm i -g npm@10 && npm ci\n"),
        good("FROM debian:12\nRUN gem install bundler && pip install pip\n"),
        good("FROM python:3.13\nRUN pip install --upgrade pip\n"),
    ),
    needs=("gem", "npm", "pip"),
    check=check,
)
