"""A user is made for the application, and then the image runs as root."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.accounts import created
from dockgate.rules.subjects.dockerfile import Dockerfile, Stage
from dockgate.rules.subjects.users import is_root

#: Programs that change to another user, at the start of a container or within a step.
_SWITCHERS = r"\b(?:gosu|su-exec|setpriv|runuser|su|sudo|chroot|s6-setuidgid|setuidgid)\b"


def _used(stage: Stage) -> set[str] | None:
    """The users that a USER names; None where something else may change to another user."""
    names = {"root"}
    for instruction in stage.history():
        text = instruction.original
        if instruction.cmd in ("CMD", "ENTRYPOINT"):
            script = text.partition("ENTRYPOINT")[2] or text
            if ".sh" in script or "entrypoint" in script.lower():
                return None  # a script of its own, which may drop root
        elif instruction.cmd == "USER":
            names.update(value.partition(":")[0] for value in instruction.values)
        if instruction.cmd != "USER" and re.search(_SWITCHERS, text):
            return None
    return names


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the name in useradd or adduser when the image ends as root and nothing uses it."""
    stage = dockerfile.final
    if stage is None or stage.windows:
        return
    told = stage.user_instruction is not None or stage.base_image is not None
    if told and not is_root(stage.user):
        return
    accounts = created(stage)
    used = _used(stage) if accounts else None
    if used is None:
        return
    for account in accounts:
        if "$" not in account.name and account.name not in used:
            yield Finding(
                f"user {account.name} is made here, but the image runs as root",
                account.word.span,
                stage=account.instruction.stage,
                help=f"add USER {account.uid or account.name} behind the last step that needs root",
            )
            return


RULE = Rule(
    "user-never-used",
    Dockerfile,
    Severity.INFO,
    why=(
        "Somebody took the trouble to make a user for the application, and forgot the USER that "
        "switches to it: reviewers see a useradd and believe that the image drops root, while the "
        "container runs as root. Servers that switch by themselves, and start scripts that may, "
        "are why this is a hint; root-user and missing-user say what the image runs as."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#user",
        "CIS Docker 1.6 4.1",
        "CWE-250",
    ),
    aliases=("user-created-but-never-used",),
    examples=(
        bad('FROM debian:12\nRUN useradd -r app\nCMD ["/app"]\n', at=[2]),
        bad(
            "FROM alpine:3.22 AS base\nRUN addgroup -S app && \\\n adduser -S -G app app\n"
            "FROM base\nUSER root\n",
            at=[3],
        ),
        good('FROM debian:12\nRUN useradd -r app\nUSER app\nCMD ["/app"]\n'),
        good("FROM debian:12\nRUN useradd -u 1000 app\nUSER 1000\n"),
        good('FROM debian:12\nRUN useradd -r app\nENTRYPOINT ["gosu", "app", "/app"]\n'),
        good('FROM debian:12\nRUN useradd -r app\nENTRYPOINT ["/docker-entrypoint.sh"]\n'),
        good("FROM debian:12 AS build\nRUN useradd app\nFROM debian:12\nRUN adduser app audio\n"),
    ),
    needs=("adduser", "useradd"),
    check=check,
)
