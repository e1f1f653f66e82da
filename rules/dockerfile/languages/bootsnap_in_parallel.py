"""bootsnap that may hang an emulated build."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at `bootsnap precompile` without -j."""
    for instruction, command in dockerfile.commands("bundle", "bootsnap"):
        values = [word.value for word in command.args]
        name = "bootsnap" if command.name == "bootsnap" else ""
        if not name and (values[:1] != ["exec"] or "bootsnap" not in values[1:2]):
            continue
        if instruction.cmd != "RUN" or "precompile" not in values:
            continue
        if any(value.startswith(("-j", "--jobs")) for value in values):
            continue
        word = command.args[values.index("precompile")]
        fixes: tuple[Fix, ...] = ()
        if not command.exec_form:
            edit = Edit(Span(word.span.end, word.span.end), " -j 1")
            fixes = (Fix("precompile in one process", (edit,)),)
        yield Finding(
            "bootsnap precompile forks, which hangs under QEMU",
            word.span,
            stage=instruction.stage,
            help="add -j 1",
            fixes=fixes,
        )


RULE = Rule(
    "bootsnap-in-parallel",
    Dockerfile,
    Severity.INFO,
    why=(
        "bootsnap precompile starts a process for each processor. In a build for another "
        "platform, which QEMU emulates, the processes may wait for each other for ever: the "
        "build hangs without a word. Rails writes -j 1 into its Dockerfile for that reason. The "
        "result is the same, and it takes some seconds longer."
    ),
    references=(
        "https://github.com/rails/bootsnap/issues/495",
        "https://docs.docker.com/build/building/multi-platform/#qemu",
    ),
    aliases=("ruby/bootsnap-precompile-without-j1",),
    examples=(
        bad(
            "FROM ruby:3.4\nRUN bundle exec bootsnap precompile app/ lib/\n",
            at=[2],
            fixed="FROM ruby:3.4\nRUN bundle exec bootsnap precompile -j 1 app/ lib/\n",
        ),
        bad(
            "FROM ruby:3.4\nRUN bundle install && \\\n    bootsnap precompile --gemfile\n",
            at=[3],
            fixed=(
                "FROM ruby:3.4\nRUN bundle install && \\\n    bootsnap precompile -j 1 --gemfile\n"
            ),
        ),
        good("FROM ruby:3.4\nRUN bundle exec bootsnap precompile -j 1 --gemfile\n"),
        good("FROM ruby:3.4\nRUN bundle exec rake assets:precompile && gem install bootsnap\n"),
    ),
    needs=("bootsnap", "bundle"),
    check=check,
)
