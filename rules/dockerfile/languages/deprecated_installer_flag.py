"""Options of package managers that are deprecated or gone."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

_CONFIG = "since Bundler 2.1: use bundle config set --local {} …, or a BUNDLE_ variable"
_OMIT = "since npm 7: use --omit={}"
#: manager -> verb (canonical, "" for any) -> option -> since when, and what instead
_FLAGS: dict[str, dict[str, str]] = {
    "bundle": {
        f"--{name}": _CONFIG.format(name)
        for name in ("deployment", "path", "without", "with", "frozen", "no-prune", "system")
    }
    | {"--binstubs": "since Bundler 2.1: use bundle binstubs --all"},
    "npm": {
        "--production": _OMIT.format("dev"),
        "--only=production": _OMIT.format("dev"),
        "--only=prod": _OMIT.format("dev"),
        "--no-optional": _OMIT.format("optional"),
    },
    "gem": {
        "--no-rdoc": "removed in RubyGems 3, which refuses it: use --no-document",
        "--no-ri": "removed in RubyGems 3, which refuses it: use --no-document",
    },
    "poetry": {"--no-dev": "removed in Poetry 2, which refuses it: use --only main"},
    "pip": {
        "--install-option": "removed in pip 23.1, which refuses it: use --config-settings",
        "--process-dependency-links": "removed in pip 19, which refuses it: name the packages",
        "--use-wheel": "removed in pip 10, which refuses it: it is the default",
        "--no-use-wheel": "removed in pip 10, which refuses it: use --no-binary :all:",
        "--allow-external": "removed in pip 10, which refuses it: leave it out",
    },
    "composer": {"--no-suggest": "since Composer 2: it has no effect, leave it out"},
}


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each such option of an installation."""
    for manager, flags in _FLAGS.items():
        for instruction, command, call in dockerfile.calls(manager):
            if call.verb not in ("install", "ci", "upgrade"):
                continue
            for word in call.options:
                advice = flags.get(word.value) or flags.get(word.value.partition("=")[0])
                if advice:
                    yield Finding(
                        f"{command.name} {word.value} is deprecated {advice.partition(':')[0]}"
                        if advice.startswith("since")
                        else f"{command.name} {word.value} was {advice.partition(':')[0]}",
                        word.span,
                        stage=instruction.stage,
                        help=advice.partition(":")[2].strip(),
                    )


RULE = Rule(
    "deprecated-installer-flag",
    Dockerfile,
    Severity.INFO,
    why=(
        "Options that a package manager has deprecated warn for some years and are then refused: "
        "the build breaks on the day the base image brings the next version, as happened with "
        "gem's --no-rdoc and --no-ri and with poetry's --no-dev. Bundler's are worse: --without "
        "and --path are remembered in a file, so that they act on every later call too, also "
        "where nobody wrote them."
    ),
    references=(
        "https://bundler.io/man/bundle-install.1.html#OPTIONS",
        "https://docs.npmjs.com/cli/using-npm/config#production",
        "https://blog.rubygems.org/2018/12/19/3.0.0-released.html",
    ),
    aliases=("ruby/deprecated-bundler-install-flags",),
    examples=(
        bad("FROM ruby:3.4\nRUN bundle install --deployment --jobs 4\n", at=[2]),
        bad("FROM ruby:3.4\nRUN gem install rake:13 \\\n  --no-ri --no-document\n", at=[3]),
        bad("FROM node:22\nRUN npm ci --only=production\n", at=[2]),
        bad("FROM python:3.13\nRUN poetry install --no-dev\n", at=[2]),
        good("FROM ruby:3.4\nRUN bundle config set --local deployment true && bundle install\n"),
        good("FROM ruby:3.4\nRUN bundle exec rake --path x && gem install a:1 --no-document\n"),
        good("FROM node:22\nRUN npm ci --omit=dev && yarn install --production\n"),
    ),
    needs=(
        "bundle",
        "composer",
        "gem",
        "npm",
        "pip",
        "poetry",
    ),
    check=check,
)
