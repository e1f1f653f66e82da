"""Bash's syntax where /bin/sh is dash or BusyBox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.shell import Command
from dockgate.rules.subjects.shells import default_shell, replaces_sh, scripts
from dockgate.rules.subjects.text import Span

#: Commands of bash that neither has, and those that BusyBox has.
_NEITHER = frozenset({"pushd", "popd", "dirs", "shopt", "mapfile", "readarray", "declare", "let"})
_BUSYBOX_HAS = frozenset({"[[", "source"})

_Found = tuple[str, Span, tuple[Fix, ...]]


@cache
def _expressions() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    return (
        re.compile(r"\$\{\w+(?:\^|,,)|\$\{!\w+\}|\$\{\w+\[[\w@*]+\]"),  # neither has
        re.compile(r"\$\{\w+(?:/|:[ (\d])|^\$'|^[<>]\("),  # BusyBox has
        re.compile(r"(?<![\\${])\{[\w./*-]*(?:,[\w./*-]*)+\}|(?<![\\${])\{\w+\.\.\w+\}"),
    )


def _faults(command: Command, *, busybox: bool) -> Iterator[_Found]:
    word = command.name_word
    if word is not None and word.text in _NEITHER:
        yield word.text, word.span, ()
    if word is not None and word.text in _BUSYBOX_HAS and not busybox:
        edits = (Edit(word.span, "."),) if word.text == "source" else ()
        yield word.text, word.span, (Fix("write `.`", edits),) if edits else ()
    if command.name in ("[", "test") and not busybox:
        for arg in command.args:
            if arg.text == "==":
                yield "== in [", arg.span, (Fix("write `=`", (Edit(arg.span, "="),)),)
    for redirect in command.redirects:
        if redirect.operator == "<<<" or (redirect.operator in ("&>", "&>>") and not busybox):
            yield redirect.operator, redirect.span, ()
    for assignment in command.assignments:
        if assignment.value.text.startswith("("):
            yield "an array", assignment.span, ()
    neither, dash, braces = _expressions()
    for arg in command.args:
        text, match = arg.text, None
        if text[:1] == "'":
            continue
        if "${" in text:
            match = neither.search(text)
        if match is None and not busybox and ("${" in text or "$'" in text or "(" in text[1:2]):
            match = dash.search(text)
        if match is None and "{" in text and "'" not in text and '"' not in text:
            match = braces.search(text)
        if match is not None:
            yield match[0], arg.span, ()


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first of each RUN that the shell known to be there cannot do."""
    replaced = {
        instruction.stage.index
        for instruction, command in dockerfile.commands("ln", "mv", "cp", "dpkg-reconfigure")
        if instruction.stage is not None and replaces_sh(command)
    }
    known: dict[int, str] = {}
    for instruction, script in scripts(dockerfile, "RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
        stage = instruction.stage
        if stage is None or any(s.index in replaced for s in stage.chain()):
            continue
        if stage.index not in known:
            known[stage.index] = default_shell(stage)
        for command in script.commands:
            shell = known[stage.index] if command.shell == "sh" else command.shell
            fault = None
            if shell in ("dash", "ash"):
                fault = next(_faults(command, busybox=shell == "ash"), None)
            if fault is not None:
                what, span, fixes = fault
                name = "BusyBox" if shell == "ash" else "dash"
                yield Finding(
                    f"{what} is bash's, and /bin/sh is {name} here",
                    span,
                    stage=stage,
                    help="" if fixes else 'write what sh knows, or SHELL ["/bin/bash", "-c"]',
                    fixes=fixes,
                )
                break


RULE = Rule(
    "bash-syntax-in-sh",
    Dockerfile,
    Severity.WARNING,
    why=(
        "RUN is read by /bin/sh, and in Debian and Ubuntu that is dash, in Alpine BusyBox. Where "
        "bash's syntax does not stop the build, it does something else in silence: `[[ … ]]` "
        "within `if` is a command that is not found, so the condition is false; `&>` starts the "
        "command in the background; `{a,b}` is one name. This rule speaks only where the base's "
        "name tells which shell is there, and knows what BusyBox has taken over from bash."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#shell",
        "https://wiki.ubuntu.com/DashAsBinSh",
    ),
    aliases=("DF066",),
    examples=(
        bad('FROM debian:12\nRUN if [[ -z "$A" ]]; then make; fi\n', at=[2]),
        bad("FROM python:3.13-slim\nRUN mkdir -p /srv/{a,b}\n", at=[2]),
        bad("FROM alpine:3.20\nRUN a=(1 2) && \\\n  echo ${a[0]}\n", at=[2]),
        bad(
            "FROM ubuntu:24.04\nRUN python3 -m venv /v && source /v/bin/activate && pip check\n",
            at=[2],
            fixed="FROM ubuntu:24.04\nRUN python3 -m venv /v && . /v/bin/activate && pip check\n",
        ),
        bad(
            'FROM node:22\nRUN true; [ "$A" == b ] || exit 1\n',
            at=[2],
            fixed='FROM node:22\nRUN true; [ "$A" = b ] || exit 1\n',
        ),
        bad("FROM debian:12\nRUN make &> /log\n", at=[2]),
        good('FROM debian:12\nSHELL ["/bin/bash", "-c"]\nRUN [[ -e x ]] && a=(1 2)\n'),
        good("FROM alpine:3.20\nRUN if [[ -z x ]]; then source ./x; fi; echo ${A/b/c}\n"),
        good("FROM fedora:41\nRUN mkdir /srv/{a,b}\n"),
        good("FROM debian:12\nRUN awk '{print $1,$2}' x; find . -exec rm {} +; echo \"{a,b}\"\n"),
        good("FROM debian:12\nRUN bash -c 'a=(1 2); [[ -e x ]]'\n"),
        good("FROM debian:12\nRUN <<EOF\n#!/bin/bash\n[[ -e x ]]\nEOF\n"),
        good("FROM registry.example.com/base:1\nRUN [[ -e x ]]\n"),
    ),
    check=check,
)
