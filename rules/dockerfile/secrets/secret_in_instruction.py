"""A secret in any other instruction: LABEL, CMD, ENTRYPOINT, HEALTHCHECK, ADD, FROM and so on."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

_ELSEWHERE = frozenset({"ENV", "ARG", "RUN", "ONBUILD"})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each secret outside of ENV, ARG, RUN and heredocs, which have rules of their own."""
    for instruction in dockerfile.with_triggers():
        if instruction.cmd in _ELSEWHERE:
            continue
        for secret in instruction.secrets:
            if not any(
                h.span.start <= secret.span.start < h.span.end for h in instruction.heredocs
            ):
                yield Finding(
                    f"{instruction.cmd} holds a secret: {secret.described}",
                    secret.span,
                    stage=instruction.stage,
                    help=secret.advice(
                        "let the program read it from a file or variable that it is started with"
                    ),
                )


_TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"  # of GitHub's documentation

RULE = Rule(
    "secret-in-instruction",
    Dockerfile,
    Severity.ERROR,
    why=(
        "Labels, commands, health checks and the addresses that ADD fetches from are written into "
        "the image's configuration and history in plain text. A password among them can be read "
        "with docker inspect by everybody who can pull the image, and shows in the process list "
        "of every host that runs it."
    ),
    references=(
        "https://docs.docker.com/build/building/secrets/",
        "CIS Docker 1.6 4.10",
        "CWE-798",
        "CWE-214",
    ),
    aliases=("secrets-in-code", "DF014", "DS-0031"),
    examples=(
        bad('FROM redis:7\nCMD ["redis-server", "--password=hunter2"]\n', at=[2]),
        bad("FROM debian:12\nADD https://bob:s3cr3t@x.example/f.tgz /\n", at=[2]),
        bad(f"FROM debian:12\nLABEL ci.token={_TOKEN}\n", at=[2]),
        bad("FROM debian:12\nHEALTHCHECK CMD curl -f -u bob:s3cr3t http://localhost/\n", at=[2]),
        good('FROM redis:7\nCMD ["sh", "-c", "redis-server --password=$PASSWORD"]\n'),
        good("FROM debian:12\nADD https://x.example/f.tgz /\nLABEL token.url=https://x/y\n"),
    ),
    needs=("a secret",),
    check=check,
)
