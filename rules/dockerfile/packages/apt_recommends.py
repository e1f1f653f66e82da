"""apt-get that also installs what packages merely recommend."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects import apt
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at `install` in the stages that ship, when nothing was said of recommendations."""
    ships = apt.shipping(dockerfile)
    decided = apt.Decided(dockerfile, "apt::install-recommends")
    for instruction, command, call in apt.calls(dockerfile):
        verb = call.verb_word
        stage = instruction.stage
        if verb.value != "install" or stage is None or stage.index not in ships:
            continue
        if any("install-recommends" in word.value.lower() for word in command.args):
            continue
        if decided.before(instruction):
            continue
        fixes: tuple[Fix, ...] = ()
        if not command.exec_form:
            edit = Edit(Span(verb.span.end, verb.span.end), " --no-install-recommends")
            fixes = (Fix("leave recommended packages out", (edit,), safe=False),)
        yield Finding(
            f"{command.name} install also brings what the packages recommend",
            verb.span,
            stage=stage,
            help="add --no-install-recommends, and name what you do need",
            fixes=fixes,
        )


RULE = Rule(
    "apt-recommends",
    Dockerfile,
    Severity.INFO,
    why=(
        "apt-get installs recommended packages by default, often several times as many as were "
        "asked for. Each is more to download, more to patch and more for an intruder to use, and "
        "scanners report their holes to people who never knew that they had them. The fix is "
        "unsafe because something may rely on a recommended package: build and test."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#dont-install-unnecessary-packages",
        "CIS Docker 1.6 4.3",
    ),
    aliases=(
        "DL3015",
        "DS-0029",
        "apt_get_not_avoiding_additional_packages",
        "missing-no-install-recommends",
        "DF016",
        "apt-get_recommends",
    ),
    examples=(
        bad(
            "FROM debian:12\nRUN apt-get install -y curl\n",
            at=[2],
            fixed="FROM debian:12\nRUN apt-get install --no-install-recommends -y curl\n",
        ),
        bad(
            "FROM debian:12\nRUN apt-get update && \\\n    apt-get -y install \\\n      curl\n",
            at=[3],
            fixed=(
                "FROM debian:12\nRUN apt-get update && \\\n"
                "    apt-get -y install --no-install-recommends \\\n      curl\n"
            ),
        ),
        good("FROM debian:12\nRUN apt-get install --no-install-recommends -y curl\n"),
        good("FROM debian:12\nRUN apt-get install -y -o APT::Install-Recommends=false curl\n"),
        good("FROM debian:12\nRUN apt-get install -y --install-recommends curl\n"),
        good(
            "FROM debian:12\n"
            "RUN echo 'APT::Install-Recommends \"0\";' > /etc/apt/apt.conf.d/90lean\n"
            "RUN apt-get install -y curl\n"
        ),
        good("FROM debian:12 AS b\nRUN apt-get install -y gcc\nFROM scratch\nCOPY --from=b /a /\n"),
    ),
    needs=("apt", "apt-get"),
    check=check,
)
