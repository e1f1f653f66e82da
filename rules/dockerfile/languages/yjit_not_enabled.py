"""A Ruby server without its compiler."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.images import matches
from dockgate.rules.subjects.users import base_of

_SUPPORTED = pattern(r"(?:3\.[2-9]|[4-9])(?:[.-]|$)")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at FROM of a final stage on ruby 3.2 or later that never names YJIT."""
    stage = dockerfile.final
    if stage is None or not matches(base_of(stage), "docker.io/library/ruby"):
        return
    if not _SUPPORTED.match(base_of(stage).tag or ""):
        return
    if any("yjit" in i.original.lower() or "RUBYOPT" in i.original for i in stage.history()):
        return
    yield Finding(
        f"{base_of(stage).name} has YJIT, and nothing here turns it on",
        stage.from_.words[0].span,
        stage=stage,
        help="ENV RUBY_YJIT_ENABLE=1",
    )


RULE = Rule(
    "yjit-not-enabled",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "Since Ruby 3.2 YJIT is ready for production and makes typical servers 15 to 30 % "
        "faster, but it is off unless RUBY_YJIT_ENABLE=1 or --yjit says otherwise. Off by "
        "default: it takes more memory, does nothing for short scripts, and Rails 7.2 turns it "
        "on by itself, which a Dockerfile does not show."
    ),
    references=("https://docs.ruby-lang.org/en/master/RubyVM/YJIT.html",),
    aliases=("ruby/yjit-not-enabled-on-supported-runtime",),
    examples=(
        bad("FROM ruby:3.4\nCOPY . /app\n", at=[1]),
        bad("FROM ruby:3.3-slim AS base\nFROM base\nRUN bundle install\n", at=[2]),
        good("FROM ruby:3.4\nENV RUBY_YJIT_ENABLE=1\n"),
        good("FROM ruby:3.1\nCOPY . /app\n"),
        good("FROM ruby:3.4 AS b\nFROM debian:12\nCOPY --from=b /a /\n"),
    ),
    check=check,
)
