"""An installation that may resolve again what the copied lockfile has settled."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.lockfiles import Loose, NamedLocks, loose_calls
from dockgate.rules.subjects.text import Span


def _fix(found: Loose) -> tuple[Fix, ...]:
    tool, span = found.tool, found.word.span
    if found.command.exec_form or not (tool.verb or tool.option):
        return ()
    edit = Edit(span, tool.verb) if tool.verb else Edit(Span(span.end, span.end), f" {tool.option}")
    return (Fix("hold to the lockfile", (edit,), safe=False),)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the verb where a step before, or a bind mount, brings the tool's lockfile."""
    named = None
    for found in loose_calls(dockerfile):
        named = named or NamedLocks(dockerfile)
        lock = named.before(found)
        if lock is None:
            continue
        verb = found.word.value
        name = found.command.name if verb == found.command.name else f"{found.command.name} {verb}"
        yield Finding(
            f"{name} may install other versions than {lock} says",
            found.word.span,
            stage=found.instruction.stage,
            help=f"use {found.tool.instead}, which fails when lockfile and manifest disagree",
            fixes=_fix(found),
        )


RULE = Rule(
    "lockfile-not-enforced",
    Dockerfile,
    Severity.WARNING,
    why=(
        "A lockfile names every version, also those of dependencies' dependencies, with "
        "checksums. npm install, yarn, pnpm install, bundle install and uv sync write it anew "
        "when it does not fit the manifest, and composer update or poetry update always do: the "
        "image then holds versions that nobody tested or reviewed, and no two builds agree. npm "
        "ci and the frozen modes install what the lockfile says or fail. The fix is unsafe "
        "because it fails where the lockfile is stale. A lockfile that COPY . . brings is found "
        "by lockfile-not-used, which looks into the build context."
    ),
    references=(
        "https://docs.npmjs.com/cli/commands/npm-ci",
        "https://bundler.io/man/bundle-config.1.html",
        "CWE-1357",
    ),
    aliases=("DF031", "ruby/missing-bundle-deployment"),
    examples=(
        bad(
            "FROM node:22\nCOPY package.json package-lock.json ./\nRUN npm install\n",
            at=[3],
            fixed="FROM node:22\nCOPY package.json package-lock.json ./\nRUN npm ci\n",
        ),
        bad(
            "FROM node:22 AS deps\nCOPY package*.json ./\nFROM deps\nRUN cd x && \\\n npm i\n",
            at=[5],
            fixed=(
                "FROM node:22 AS deps\nCOPY package*.json ./\nFROM deps\nRUN cd x && \\\n npm ci\n"
            ),
        ),
        bad("FROM ruby:3.4\nCOPY Gemfile Gemfile.lock ./\nRUN bundle install -j4\n", at=[3]),
        bad("FROM node:22\nCOPY package.json yarn.lock /app/\nRUN yarn\n", at=[3]),
        bad(
            "FROM python:3.13\nRUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync\n",
            at=[2],
            fixed=(
                "FROM python:3.13\n"
                "RUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync --locked\n"
            ),
        ),
        good("FROM node:22\nCOPY package*.json ./\nRUN npm ci && npm install -g x && npm i y@1\n"),
        good("FROM node:22\nCOPY package.json ./\nRUN npm install\n"),
        good("FROM node:22\nCOPY yarn.lock ./\nENV CI=1\nRUN yarn && yarn build\n"),
        good("FROM ruby:3.4\nENV BUNDLE_FROZEN=1\nCOPY Gemfile* ./\nRUN bundle install\n"),
        good(
            "FROM ruby:3.4\nCOPY Gemfile* ./\n"
            "RUN bundle config set --local deployment true && bundle install\n"
        ),
        good("FROM php:8.3\nCOPY composer.* ./\nRUN composer install --no-dev\n"),
    ),
    needs=(
        "bundle",
        "composer",
        "npm",
        "pipenv",
        "pnpm",
        "poetry",
        "uv",
        "yarn",
    ),
    check=check,
)
