"""Gems without a version."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.pinning._unpinned import unpinned
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.packages import PackageCall


def _pinned(operand: str) -> bool:
    return ":" in operand or operand.endswith(".gem")


def _unversioned(_instruction: Instruction, call: PackageCall) -> bool:
    """RubyGems refuses --version with several gems: it can speak for one only."""
    return not call.has("-v", "--version") or len(call.packages) > 1


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first gem of each installation that has no version."""
    return unpinned(
        dockerfile, ("gem",), _pinned, "name the version: {}:VERSION", applies=_unversioned
    )


RULE = Rule(
    "unpinned-gem",
    Dockerfile,
    Severity.INFO,
    why=(
        "gem install NAME takes the newest version there is on the day of the build: two builds "
        "of one commit differ, a new major version breaks the next one, and a hijacked release "
        "is in the image at once. rubygems.org keeps old versions, so a pin goes on working. "
        "--version speaks for a single gem; with several, write NAME:VERSION for each. Gems of "
        "the program belong into the Gemfile and its lock."
    ),
    references=(
        "https://guides.rubygems.org/command-reference/#gem-install",
        "CWE-1357",
    ),
    aliases=("DL3028", "gem_install_without_version", "DF053"),
    examples=(
        bad("FROM ruby:3.4\nRUN gem install bundler\n", at=[2]),
        bad("FROM ruby:3.4\nRUN gem install a:1 && \\\n  gem install b c:2\n", at=[3]),
        bad("FROM ruby:3.4\nRUN gem install grpc -v 1.0 blunder\n", at=[2]),
        good("FROM ruby:3.4\nRUN gem install bundler -v 2.5.0 && gem install a --version=1\n"),
        good("FROM ruby:3.4\nRUN gem install bundler:2.0.2 rake:$V pkg/a.gem b.gem\n"),
        good("FROM ruby:3.4\nRUN bundle install && gem uninstall rake && gem update --system 3\n"),
    ),
    needs=("gem",),
    check=check,
)
