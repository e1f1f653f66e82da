"""Bundler's cache left in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.caches import BUNDLE, kept
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first `bundle install` of a RUN that ships and removes no cache after it."""
    for found in kept(dockerfile, BUNDLE, ("install",)):
        call = found.call
        if call.verb_word.value in ("install", "bundle"):
            yield Finding(
                "bundle install leaves the downloaded .gem files in this layer",
                call.verb_word.span,
                stage=found.instruction.stage,
                help='end the same RUN with rm -rf ~/.bundle "${BUNDLE_PATH}"/ruby/*/cache',
            )


RULE = Rule(
    "bundler-cache-kept",
    Dockerfile,
    Severity.INFO,
    why=(
        "Bundler keeps the archive of every gem beside the unpacked gem, and a clone of every "
        "gem that comes from git: the layer holds each of them twice. Nothing reads them when "
        "the application runs. They go in the same RUN (a later one only hides them), or a cache "
        "mount holds them. Builder stages count only if what is copied from them holds the cache, "
        "which a Dockerfile does not tell, so they are left in peace. There is no fix because the "
        "path depends on BUNDLE_PATH and the version of Ruby."
    ),
    references=(
        "https://bundler.io/man/bundle-install.1.html",
        "https://docs.docker.com/build/cache/optimize/#use-cache-mounts",
    ),
    aliases=("ruby/leftover-bundler-cache",),
    examples=(
        bad("FROM ruby:3.4\nRUN bundle install\n", at=[2]),
        bad(
            "FROM ruby:3.4\nRUN gem install x -v 1 && \\\n  bundle\nRUN rm -rf ~/.bundle\n", at=[3]
        ),
        good('FROM ruby:3.4\nRUN bundle install && rm -rf "${BUNDLE_PATH}"/ruby/*/cache\n'),
        good("FROM ruby:3.4\nRUN bundle install && rm -rf /usr/local/bundle/cache\n"),
        good("FROM ruby:3.4\nRUN --mount=type=cache,target=/bundle bundle install\n"),
        good("FROM ruby:3.4 AS b\nRUN bundle install\nFROM scratch\nCOPY --from=b /a /\n"),
        good("FROM ruby:3.4\nRUN bundle exec rake && bundle config set path x\n"),
    ),
    needs=("bundle",),
    check=check,
)
