"""Both wget and curl in one image."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.apt import shipping
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.shell import Command


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire, in a stage that ships, at the first call of the one that is used less."""
    curls, wgets = dockerfile.commands("curl"), dockerfile.commands("wget")
    if not curls or not wgets:
        return
    ships = shipping(dockerfile)
    own: dict[int, tuple[list[Command], list[Command]]] = {}
    for at, calls in enumerate((curls, wgets)):
        for instruction, command in calls:
            if instruction.cmd == "RUN" and instruction.stage is not None:
                own.setdefault(instruction.stage.index, ([], []))[at].append(command)
    inherited: dict[int, tuple[Command | None, Command | None]] = {}
    for stage in dockerfile.stages:
        parent = stage.parent
        before = inherited[parent.index] if parent is not None else (None, None)
        found = own.get(stage.index, ([], []))
        curl = before[0] or next(iter(found[0]), None)
        wget = before[1] or next(iter(found[1]), None)
        inherited[stage.index] = (curl, wget)
        if stage.index not in ships or curl is None or wget is None or all(before):
            continue
        less = curl if 0 < len(found[0]) < len(found[1]) else wget
        other = "wget" if less is curl else "curl"
        if less.name_word is not None:
            yield Finding(
                f"{less.name} here, {other} elsewhere in this image: one of them would do",
                less.name_word.span,
                stage=stage,
                help=f"use {other} for all downloads, and do not install {less.name}",
            )


RULE = Rule(
    "wget-and-curl",
    Dockerfile,
    Severity.INFO,
    why=(
        "Both do the same in a build. Having two means two packages to install, two to patch, "
        "two sets of options to know, and proxies, certificates and retries to set up twice. "
        "Counts calls in RUN in the stages that ship: a builder stage with both harms nobody, "
        "and a tool that is only installed may be there for the program."
    ),
    references=("https://docs.docker.com/build/building/best-practices/",),
    aliases=("DL4001", "DS-0014", "run_using_wget_and_curl", "use-either-wget-or-curl", "DF058"),
    examples=(
        bad("FROM debian:12\nRUN wget -q http://x.org/a\nRUN curl -O http://x.org/b\n", at=[2]),
        bad("FROM a:1\nRUN wget -q x.org/a && wget -q x.org/b && \\\n  curl -O x.org/c\n", at=[3]),
        good("FROM debian:12\nRUN curl -O http://x.org/a && apt-get install -y wget\n"),
        good("FROM debian:12\nRUN wget -q http://x.org/a\nHEALTHCHECK CMD curl -f localhost\n"),
        good(
            "FROM debian:12 AS b\nRUN wget -q http://x.org/a && curl -O http://x.org/b\n"
            "FROM scratch\nCOPY --from=b /a /\n"
        ),
    ),
    needs=("wget",),
    check=check,
)
