"""Rails' assets compiled in a build without a stand-in for the secret key."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.credentials import mounted
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.shell import Command
from dockgate.rules.subjects.text import Span

_KEYS = frozenset({"SECRET_KEY_BASE", "SECRET_KEY_BASE_DUMMY", "RAILS_MASTER_KEY"})


def _variables(instruction: Instruction, command: Command) -> dict[str, str]:
    found = dict(instruction.env)
    for other in instruction.script.commands if instruction.script else ():
        if other.span.start <= command.span.start:
            for run in (*other.wrappers, other):
                found |= {a.name: a.value.value for a in run.assignments}
    return found


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at assets:precompile in production where neither a key nor a dummy is there."""
    if "assets:precompile" not in dockerfile.text.text:
        return
    for instruction, command in dockerfile.commands():
        if instruction.cmd != "RUN" or mounted(instruction):
            continue
        if not any(word.value == "assets:precompile" for word in command.args):
            continue
        variables = _variables(instruction, command)
        if variables.get("RAILS_ENV") == "production" and _KEYS.isdisjoint(variables):
            at = Span(command.span.start, command.span.start)
            edit = Edit(at, "SECRET_KEY_BASE_DUMMY=1 ")
            yield Finding(
                "assets:precompile asks for SECRET_KEY_BASE in production, and nothing sets it",
                command.span,
                stage=instruction.stage,
                help="since Rails 7.1 a dummy is enough: SECRET_KEY_BASE_DUMMY=1",
                fixes=(Fix("give it a dummy key", (edit,), safe=False),),
            )


RULE = Rule(
    "asset-precompile-without-dummy-key",
    Dockerfile,
    Severity.INFO,
    why=(
        "In production Rails starts only with a secret key, and compiling assets starts Rails. "
        "Without one the build fails, and what people then do is to copy config/master.key or to "
        "pass RAILS_MASTER_KEY as a build argument: the key of all encrypted credentials is in "
        "the image. Nothing of the assets depends on it, so a dummy does."
    ),
    references=(
        "https://guides.rubyonrails.org/configuring.html#config-secret-key-base",
        "https://docs.docker.com/build/building/secrets/",
    ),
    aliases=("ruby/asset-precompile-without-dummy-key",),
    examples=(
        bad(
            "FROM ruby:3.4\nENV RAILS_ENV=production\nRUN bin/rails assets:precompile\n",
            at=[3],
            fixed="FROM ruby:3.4\nENV RAILS_ENV=production\n"
            "RUN SECRET_KEY_BASE_DUMMY=1 bin/rails assets:precompile\n",
        ),
        bad(
            "FROM ruby:3.4\nRUN bundle install && \\\n"
            "  RAILS_ENV=production bundle exec rake assets:precompile\n",
            at=[3],
            fixed="FROM ruby:3.4\nRUN bundle install && \\\n"
            "  SECRET_KEY_BASE_DUMMY=1 RAILS_ENV=production bundle exec rake assets:precompile\n",
        ),
        good(
            "FROM ruby:3.4\nENV RAILS_ENV=production\n"
            "RUN SECRET_KEY_BASE_DUMMY=1 bin/rails assets:precompile\n"
        ),
        good("FROM ruby:3.4\nENV RAILS_ENV=test\nRUN bin/rails assets:precompile\n"),
        good(
            "FROM ruby:3.4\nENV RAILS_ENV=production SECRET_KEY_BASE=dummy\n"
            "RUN echo assets:precompile && bin/rails assets:precompile\n"
        ),
    ),
    needs=("~assets:precompile",),
    check=check,
)
