"""A secret in a RUN command: it stays in the image's history."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each secret in the command itself; heredocs are secret-in-heredoc's."""
    for instruction in dockerfile.with_triggers():
        if instruction.cmd != "RUN":
            continue
        for secret in instruction.secrets:
            if not any(
                h.span.start <= secret.span.start < h.span.end for h in instruction.heredocs
            ):
                yield Finding(
                    f"RUN has a secret in its command: {secret.described}",
                    secret.span,
                    stage=instruction.stage,
                    help=secret.advice(
                        "mount it for this command only: RUN --mount=type=secret,id=NAME"
                    ),
                )


_TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"  # of GitHub's documentation

RULE = Rule(
    "secret-in-run",
    Dockerfile,
    Severity.ERROR,
    why=(
        "The text of a RUN command is kept in the image's history, and what the command writes is "
        "kept in a layer, even if a later command deletes the file. A password in it is known to "
        "everybody who can pull the image or read the repository. A secret mount is there while "
        "the one command runs, and is in no layer, no history and no cache key.\n"
        "References such as $TOKEN and $(cat /run/secrets/x) pass, and so do placeholders: "
        "SECRET_KEY_BASE=dummy is what a build without secrets looks like."
    ),
    references=(
        "https://docs.docker.com/build/building/secrets/",
        "CIS Docker 1.6 4.10",
        "CWE-798",
        "CWE-259",
    ),
    aliases=(
        "DS-0031",
        "DF014",
        "secrets-in-code",
        "CKV2_DOCKER_17",
    ),
    examples=(
        bad("FROM debian:12\nRUN mysql -u root --password=hunter2 < /init.sql\n", at=[2]),
        bad(f"FROM debian:12\nRUN git clone https://{_TOKEN}@github.com/x/y\n", at=[2]),
        bad("FROM debian:12\nRUN true \\\n && curl -u bob:s3cr3t https://x.example/f\n", at=[3]),
        bad("FROM debian:12\nRUN echo 'root:toor' | chpasswd\n", at=[2]),
        bad("FROM debian:12\nRUN export API_TOKEN=4f1c9a77be20d35e && ./get\n", at=[2]),
        bad('FROM debian:12\nRUN ["sshpass", "-p", "x"]\nRUN sshpass -p s3cr3t ssh h\n', at=[3]),
        bad("FROM postgres:17\nRUN psql -c \"CREATE USER a PASSWORD 'geheim'\"\n", at=[2]),
        bad(
            "FROM debian:12\nRUN aws configure set aws_secret_access_key "
            "q8/Ym2Lx0Vt7Rk4Jw9Zc3Hd6Bn1Pf5Gs8Ua2Ei0o\n",
            at=[2],
        ),
        good('FROM debian:12\nRUN curl -u "bob:$PASSWORD" https://x.example/f\n'),
        good("FROM node:22\nRUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci\n"),
        good("FROM debian:12\nRUN TOKEN=$(cat /run/secrets/token) ./get --token $TOKEN\n"),
        good("FROM rails:8\nRUN SECRET_KEY_BASE=dummy bin/rails assets:precompile\n"),
        good("FROM debian:12\nRUN echo '%wheel ALL=(ALL) NOPASSWD: ALL' >> /etc/sudoers\n"),
        good("FROM debian:12\nRUN grep -q password: /etc/x && apt-key add key.asc\n"),
    ),
    needs=("a secret",),
    check=check,
)
