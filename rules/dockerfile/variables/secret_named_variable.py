"""A variable of ARG or ENV that is called like a secret, whatever its value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

_SECRET = (
    *("apikey", "auth", "credential", "credentials", "key"),
    *("password", "pword", "passwd", "secret", "token"),
)
_PUBLIC = ("public", "file", "version")


@cache
def _words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What makes a name a secret's and what makes it none, as words between underscores."""
    secret, public = (
        re.compile(rf"(?:_|\A)(?:{'|'.join(words)})(?:_|\Z)", re.IGNORECASE | re.ASCII)
        for words in (_SECRET, _PUBLIC)
    )
    return secret, public


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each name that BuildKit's SecretsUsedInArgOrEnv takes for a secret's."""
    secret, public = _words()
    for instruction in dockerfile.find("ARG", "ENV"):
        step = 1 if instruction.cmd == "ARG" else 3
        for word, value in zip(instruction.words[::step], instruction.values[::step], strict=True):
            name = word.value.partition("=")[0] if step == 1 else value
            if secret.search(name) and not public.search(name):
                yield Finding(
                    f"{instruction.cmd} {name} is called like a secret, and stays in the image",
                    word.span,
                    stage=instruction.stage,
                    help="give it to the RUN that needs it: --mount=type=secret,env=NAME",
                )


RULE = Rule(
    "secret-named-variable",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "Values of ARG and ENV stay in the image's history and configuration. This is BuildKit's "
        "check to the letter: it looks at the name alone, word by word between underscores, and "
        "takes KEY, AUTH, TOKEN, SECRET, PASSWORD and the like for secrets unless PUBLIC, FILE or "
        "VERSION stands beside them. Off by default, for three of four of its findings in real "
        "files are fingerprints of public keys (GPG_KEY); secret-in-env and secret-in-arg look at "
        "the value as well. Unlike BuildKit it also looks at ARGs before the first FROM, whose "
        "defaults are in the file for all to read."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/",
        "https://docs.docker.com/build/building/secrets/",
        "CWE-538",
    ),
    aliases=("SecretsUsedInArgOrEnv",),
    examples=(
        bad("FROM debian:12\nENV GPG_KEY=0123\nARG api_key\n", at=[2, 3]),
        bad("FROM debian:12\nENV A=1 \\\n    DB_PASSWORD=\n", at=[3]),
        bad("ARG AWS_ACCESS_KEY_ID\nFROM debian:12\n", at=[1]),
        good("FROM debian:12\nENV TOKEN_FILE=/x PUBLIC_KEY=a KEYS=1 MONKEY=1\n"),
        good("FROM debian:12\nRUN --mount=type=secret,id=t,env=TOKEN make\n"),
    ),
    check=check,
)
