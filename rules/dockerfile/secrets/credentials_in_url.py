"""A login in an address, given by variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.credentials import is_secret, mounted, references
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction

#: Commands that keep the address, and the login in it, in a file.
_KEEPS = ("git clone", "git remote", "git config", "git submodule", "pip config", "npm config")


@cache
def _login() -> re.Pattern[str]:
    return re.compile(r"[a-z][a-z0-9+]{1,9}://([^\s/\"'@<>]{1,200})@(?=[\w$.{\[])", re.IGNORECASE)


def _carries(user: str, further: tuple[str, ...]) -> bool:
    password = user.partition(":")[2]
    return "$" in password or any(is_secret(name, further) for name in references(user))


def _is_kept(instruction: Instruction, text: str) -> bool:
    """Whether the login outlives the RUN; without a secret mount it came from ARG or ENV."""
    if instruction.cmd != "RUN":
        return True
    return not mounted(instruction) or any(command in text for command in _KEEPS)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the login of an address in RUN, ADD, ENV, ARG or LABEL; literal ones are told."""
    if "://" not in dockerfile.text.text or "@" not in dockerfile.text.text:
        return
    further = dockerfile.settings.secret_names
    for instruction in dockerfile.with_triggers():
        if instruction.cmd not in ("RUN", "ADD", "ENV", "ARG", "LABEL"):
            continue
        for text in (instruction.body, *(heredoc.body for heredoc in instruction.heredocs)):
            if "$" not in text.text or "@" not in text.text or "://" not in text.text:
                continue
            for match in _login().finditer(text.text):
                if _carries(match[1], further) and _is_kept(instruction, text.text):
                    yield Finding(
                        f"{instruction.cmd} has a login in an address: {match[1]}",
                        text.span(*match.span(1)),
                        stage=instruction.stage,
                        help="give it by a secret mount as .netrc or .git-credentials, or in a "
                        "header",
                    )


RULE = Rule(
    "credentials-in-url",
    Dockerfile,
    Severity.WARNING,
    why=(
        "What stands before the @ of an address goes everywhere the address goes: git clone "
        "writes it into .git/config, pip and npm into their settings and lock files, a failed "
        "download into the build's log, a proxy into its own. With build arguments it is in the "
        "image's history besides. A secret mount alone does not help where the command keeps the "
        "address; for a command that forgets it (curl) a mounted secret passes. Logins written "
        "out are secret-in-run's and its like."
    ),
    references=(
        "https://docs.docker.com/build/building/secrets/#git-authentication-for-remote-contexts",
        "https://git-scm.com/docs/gitcredentials",
        "CWE-522",
        "CWE-598",
    ),
    aliases=(),
    examples=(
        bad("FROM debian:12\nRUN git clone https://$GITHUB_TOKEN@github.com/x/y\n", at=[2]),
        bad("FROM debian:12\nARG U\nARG P\nADD https://$U:${P}@x.org/f.tgz /\n", at=[4]),
        bad("FROM python:3.13\nENV PIP_INDEX_URL=https://me:$PW@pypi.corp/simple\n", at=[2]),
        bad(
            "FROM debian:12\nRUN --mount=type=secret,id=t,env=T \\\n"
            " git clone https://oauth2:$T@gitlab.com/x/y\n",
            at=[3],
        ),
        good("FROM debian:12\nRUN --mount=type=secret,id=p,env=P curl https://me:$P@x.org/f\n"),
        good("FROM debian:12\nRUN git clone https://git@x.org/y && npx x@$V https://x.org/@$V/y\n"),
        good("FROM debian:12\nRUN git clone ssh://$USER@x.org/y && curl https://x.org/$A:$B@c\n"),
    ),
    needs=("~@",),
    check=check,
)
