"""A list of packages that is not in alphabetical order."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

MANAGERS = ("apt", "apk", "yum", "dnf", "microdnf", "tdnf", "zypper", "pip", "npm", "gem")
FEWEST = 3  #: a shorter list is taken in at a glance


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first package that stands before a smaller one, in literal lists."""
    for instruction, command, call in dockerfile.calls(*MANAGERS):
        words = call.packages
        if call.verb != "install" or len(words) < FEWEST or not all(w.literal for w in words):
            continue
        ordered = sorted(words, key=lambda word: word.value.lower())
        moved = [pair for pair in zip(words, ordered, strict=True) if pair[0] is not pair[1]]
        if not moved or [w.value.lower() for w in words] == [w.value.lower() for w in ordered]:
            continue
        fixes: tuple[Fix, ...] = ()
        if not command.exec_form:
            edits = tuple(Edit(old.span, new.text) for old, new in moved)
            fixes = (Fix("sort the packages", edits, safe=False),)
        yield Finding(
            f"{moved[0][1].value} belongs before {moved[0][0].value}: the list is not sorted",
            moved[0][0].span,
            stage=instruction.stage,
            help="sort the packages by name",
            fixes=fixes,
        )


RULE = Rule(
    "packages-not-sorted",
    Dockerfile,
    Severity.STYLE,
    enabled=False,
    why=(
        "In a sorted list a package that is there twice stands beside itself, and two branches "
        "that add packages rarely conflict. Off by default: it is a matter of taste, some lists "
        "are grouped by purpose, and sorting a list invalidates the cache of its layer once. The "
        "fix is unsafe because a few package managers choose differently by order."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#sort-multi-line-arguments",
    ),
    aliases=("sort-packages",),
    examples=(
        bad(
            "FROM debian:12\nRUN apt-get install -y curl bash \\\n    zip\n",
            at=[2],
            fixed="FROM debian:12\nRUN apt-get install -y bash curl \\\n    zip\n",
        ),
        bad(
            "FROM alpine:3.20\nRUN apk add a \\\n  c=1 \\\n  b=2\n",
            at=[3],
            fixed="FROM alpine:3.20\nRUN apk add a \\\n  b=2 \\\n  c=1\n",
        ),
        good("FROM debian:12\nRUN apt-get install -y a b c && apt-get install -y b a\n"),
        good("FROM debian:12\nRUN apt-get install -y b $PACKAGES a\n"),
        good("FROM debian:12\nRUN apt-get remove -y c b a\n"),
    ),
    check=check,
)
