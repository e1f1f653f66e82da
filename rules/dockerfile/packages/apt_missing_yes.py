"""apt-get that will ask a question nobody can answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects import apt
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.packages import PackageCall
from dockgate.rules.subjects.shell import Command
from dockgate.rules.subjects.text import Span

ASKS = frozenset(
    {"install", "reinstall", "remove", "purge", "autoremove", "upgrade", "dist-upgrade"}
    | {"full-upgrade", "build-dep", "autopurge"}
)
_ANSWERED = pattern(
    r"--yes|--assume-yes|--assume-no|--force-yes|--simulate|--just-print|--dry-run|--recon"
    r"|--no-act|--print-uris|--quiet=2|-q=2|--help|--version"
)
_OPTIONS_VARIABLE = pattern(r"\$\{?\w*(?:OPT|ARG|FLAG|PARAM)", re.IGNORECASE)


def _answered(command: Command, call: PackageCall) -> bool:
    flags = apt.short_flags(call)
    return (
        any(letter in flags for letter in "yshv")
        or flags.count("q") > 1  # apt-get(8): quiet level 2 implies -y
        or any(_ANSWERED.fullmatch(w.value) or "Assume-Yes" in w.value for w in command.args)
        or any(_OPTIONS_VARIABLE.match(w.value) for w in command.args if not w.literal)
        or any(not w.literal and w.span.end <= call.verb_word.span.start for w in command.args)
        or command.pipe_from is not None
        or any(r.operator.startswith("<") for r in command.redirects)
    )


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the verb when nothing answers for the user: no -y, -qq, `yes |` or configuration."""
    decided = apt.Decided(dockerfile, "assume-yes")
    for instruction, command, call in apt.calls(dockerfile):
        verb = call.verb_word
        if verb.value not in ASKS or _answered(command, call):
            continue
        if decided.before(instruction):
            continue
        fixes: tuple[Fix, ...] = ()
        if not command.exec_form:
            edit = Edit(Span(verb.span.end, verb.span.end), " -y")
            fixes = (Fix("answer yes with -y", (edit,)),)
        yield Finding(
            f"{command.name} {verb.value} asks before it goes on, and a build cannot answer",
            verb.span,
            stage=instruction.stage,
            help="add -y",
            fixes=fixes,
        )


RULE = Rule(
    "apt-missing-yes",
    Dockerfile,
    Severity.WARNING,
    why=(
        "A build has no terminal. When apt-get has to install more than what was named, it asks "
        "for consent, reads the end of its input and aborts, so the build fails. It may pass for "
        "months, until the day a package gains its first dependency. DEBIAN_FRONTEND answers "
        "debconf's questions, not this one."
    ),
    references=(
        "https://manpages.debian.org/stable/apt/apt-get.8.en.html#OPTIONS",
        "https://docs.docker.com/build/building/best-practices/#apt-get",
    ),
    aliases=(
        "DL3014",
        "DS-0021",
        "apt_get_missing_flags_to_avoid_manual_input",
        "missing-assume-yes-switch",
        "DF015",
        "apt-get_missing_param",
    ),
    examples=(
        bad(
            "FROM debian:12\nRUN apt-get update && apt-get install curl\n",
            at=[2],
            fixed="FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
        ),
        bad(
            "FROM debian:12\nRUN apt-get update \\\n && apt-get -t sid install \\\n    curl\n",
            at=[3],
            fixed=(
                "FROM debian:12\nRUN apt-get update \\\n && apt-get -t sid install -y \\\n"
                "    curl\n"
            ),
        ),
        bad(
            "FROM debian:12\nENV DEBIAN_FRONTEND=noninteractive\nRUN apt-get -q upgrade\n",
            at=[3],
            fixed="FROM debian:12\nENV DEBIAN_FRONTEND=noninteractive\nRUN apt-get -q upgrade -y\n",
        ),
        bad(
            "FROM debian:12\nRUN apt install -oDpkg::Options::=--force-confnew curl\n",
            at=[2],
            fixed="FROM debian:12\nRUN apt install -y -oDpkg::Options::=--force-confnew curl\n",
        ),
        good("FROM debian:12\nRUN apt-get update && apt-get install -yqq curl\n"),
        good("FROM debian:12\nRUN apt-get -qq install curl && apt-get --assume-yes purge x\n"),
        good("FROM debian:12\nRUN yes | apt-get install curl\n"),
        good(
            "FROM debian:12\n"
            "RUN echo 'APT::Get::Assume-Yes \"true\";' > /etc/apt/apt.conf.d/90yes\n"
            "RUN apt-get install curl\n"
        ),
        good("FROM debian:12\nRUN apt-get update\nRUN echo apt-get install curl\n"),
    ),
    needs=("apt", "apt-get"),
    check=check,
)
