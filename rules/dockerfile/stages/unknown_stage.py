"""A reference to a stage that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Reference, Stage

#: Names that people give to stages and that no official image has.
_STAGE_WORDS = pattern(
    r"(?:build|builder|builds|base|deps?|dependencies|compile|compiler|dev|development|prod"
    r"|production|test|tests|final|release|runtime|runner|install|assets|frontend|backend|stage)"
    r"(?:[-_]?(?:\d+|base|deps|env|image|stage|build|builder))?"
)
_BARE = pattern(r"[a-z0-9][a-z0-9._-]*", re.IGNORECASE)

#: Stages that a name is compared with to find a slip of the hand; a real file has a dozen.
MAX_COMPARED = 100


def _near(name: str, other: str) -> bool:
    """Whether one slip of the hand (a letter more, less, other or swapped) makes one the other."""
    if name == other or min(len(name), len(other)) < 4 or abs(len(name) - len(other)) > 1:
        return False
    head = next((i for i, (a, b) in enumerate(zip(name, other, strict=False)) if a != b), -1)
    if head < 0:
        return True
    a, b = name[head:], other[head:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])


def _fault(dockerfile: Dockerfile, reference: Reference, own: Stage) -> str:
    name = reference.name.lower()
    if reference.kind != "from" and name.isdecimal():
        if int(name) >= own.index:
            return f"stage {name} does not come before this one, which is stage {own.index}"
        return ""
    if reference.stage is own or (reference.kind != "from" and own.name == name):
        return f"stage {reference.name} copies from itself"
    if reference.stage is not None or not _BARE.fullmatch(name):
        return ""
    if reference.kind == "from" and own.name == name:
        return ""  # FROM gcc AS gcc
    if dockerfile.stage_named(name) is not None:
        return f"stage {reference.name} is defined only after this line"
    known = [stage.name for stage in dockerfile.stages[:MAX_COMPARED] if stage.name]
    close = next((k for k in known if _near(name, k)), None)
    if close is not None:
        return f"no stage is called {reference.name}: is {close} meant?"
    if reference.kind != "from" and _STAGE_WORDS.fullmatch(name):
        return f"no stage is called {reference.name}, so an image of that name would be pulled"
    return ""


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at COPY --from, mounts and FROM that mean a stage which they cannot have."""
    for reference in dockerfile.references:
        instruction = reference.instruction
        own = instruction.stage if instruction else None
        if own is None or reference.kind == "syntax" or reference.undefined:
            continue
        fault = _fault(dockerfile, reference, own)
        if fault:
            yield Finding(fault, reference.span, stage=own)


RULE = Rule(
    "unknown-stage",
    Dockerfile,
    Severity.ERROR,
    why=(
        "A name in COPY --from or FROM that is no stage is taken for an image and asked from "
        "Docker Hub. Mostly the build fails there; but whoever registers the misspelt name there "
        "decides what is copied into your image. A number that is no earlier stage and a stage "
        "that copies from itself are refused. A name given by --build-context is known to the "
        "caller only: ignore the rule on that line."
    ),
    references=(
        "https://docs.docker.com/build/building/multi-stage/#name-your-build-stages",
        "https://docs.docker.com/reference/dockerfile/#copy---from",
        "CWE-829",
    ),
    aliases=(
        "DL3022",
        "DL3023",
        "DS-0006",
        "copy_from_references_current_from_alias",
        "copy-from-own-alias",
        "DF049",
        "DF050",
        "FLAG_INVALID_FROM_VALUE",
        "circular-stage-deps",
    ),
    examples=(
        bad("FROM debian:12 AS builder\nFROM scratch\nCOPY --from=biulder /a /a\n", at=[3]),
        bad("FROM debian:12\nCOPY --from=build /a /a\n", at=[2]),
        bad("FROM debian:12\nFROM scratch\nCOPY --from=1 /a /a\n", at=[3]),
        bad("FROM debian:12 AS app\nCOPY --from=app /a /b\n", at=[2]),
        bad("FROM tools\nFROM debian:12 AS tools\n", at=[1]),
        bad(
            "FROM debian:12 AS cache\nFROM debian:12\nRUN --mount=from=cahce,target=/d true\n",
            at=[3],
        ),
        good("FROM debian:12 AS Builder\nFROM scratch\nCOPY --from=builder /a /a\n"),
        good("FROM debian:12\nFROM scratch\nCOPY --from=0 /a /a\n"),
        good("FROM debian:12\nCOPY --from=nginx /etc/nginx /etc/nginx\n"),
        good("FROM gcc AS gcc\nFROM scratch\nCOPY --from=gcc /a /a\n"),
        good("FROM golang:1.23 AS golang\nFROM golang AS b\nCOPY --from=composer /c /c\n"),
        good("FROM debian:12 AS node-1\nFROM debian:12\nCOPY --from=node:22 /n /n\n"),
    ),
    check=check,
)
