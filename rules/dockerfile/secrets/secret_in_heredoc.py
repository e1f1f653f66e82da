"""A secret in a here-document: it is written into a layer, or into the image's history."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each secret in the body of a heredoc of RUN, COPY or ADD."""
    for instruction in dockerfile.with_triggers():
        for secret in instruction.secrets:
            for heredoc in instruction.heredocs:
                if heredoc.span.start <= secret.span.start < heredoc.span.end:
                    yield Finding(
                        f"the heredoc {heredoc.name} of {instruction.cmd} holds a secret: "
                        f"{secret.described}",
                        secret.span,
                        stage=instruction.stage,
                        help=secret.advice(
                            "mount the file or value where it is used: "
                            "RUN --mount=type=secret,id=NAME,target=PATH"
                        ),
                    )


_KEY = "".join(
    f"{line}\n"
    for line in (
        "-----BEGIN EC PRIVATE " + "KEY-----",
        "MHcCAQEEIPx3kT8vYc0dQmWJr5ZsLh2Ue7Nf4Gb1Oa9Vi6Xy3KtCoAoGCCqGSM49",
        "AwEHoUQDQgAEq8YmLxVtRkJwZcHdBnPfGsUaEioTyMqWnRbKhXvDzSgCjFlOpIu7",
        "-----END EC PRIVATE " + "KEY-----",
    )
)

RULE = Rule(
    "secret-in-heredoc",
    Dockerfile,
    Severity.ERROR,
    why=(
        "A heredoc of COPY or ADD becomes a file of the image, and one of RUN becomes part of the "
        "image's history; what it writes is a layer. A key or password in it is readable for "
        "everybody who can pull the image, and for everybody who can read the repository. "
        "Scanners that work line by line miss it, because they take a heredoc's body for "
        "instructions."
    ),
    references=(
        "https://docs.docker.com/build/building/secrets/",
        "https://docs.docker.com/reference/dockerfile/#here-documents",
        "CIS Docker 1.6 4.10",
        "CWE-798",
    ),
    aliases=("secrets-in-code", "DF014", "DS-0031"),
    examples=(
        bad("FROM debian:12\nCOPY <<EOF /app/.env\nPORT=80\nDB_PASSWORD=hunter2\nEOF\n", at=[4]),
        bad(f"FROM debian:12\nCOPY <<EOF /etc/tls.key\n{_KEY}EOF\n", at=[3]),
        bad("FROM debian:12\nRUN <<EOF\nset -e\nexport API_TOKEN=4f1c9a77be20d35e\nEOF\n", at=[4]),
        bad(
            "FROM debian:12\nCOPY <<EOF /root/.netrc\n"
            "machine x.example login bob password s3cr3t\nEOF\n",
            at=[3],
        ),
        good("FROM debian:12\nCOPY <<EOF /app/.env\nPORT=80\nDB_PASSWORD_FILE=/run/db\nEOF\n"),
        good("FROM debian:12\nRUN <<EOF\ntoken=$(cat /run/secrets/token)\n./get $token\nEOF\n"),
        good("FROM debian:12\nCOPY <<EOF /app/README.md\nSet password: as you like\nEOF\n"),
    ),
    needs=("a secret",),
    check=check,
)
