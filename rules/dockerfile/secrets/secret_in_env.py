"""A secret in ENV: everybody who has the image can read it."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each value of ENV that holds a secret, or keeps one that ARG brought."""
    for instruction in dockerfile.with_triggers():
        if instruction.cmd != "ENV" or not instruction.secrets:
            continue
        for name, value, _ in instruction.pairs():
            for secret in instruction.secrets:
                if value and value.span.start <= secret.span.start < value.span.end:
                    yield Finding(
                        f"ENV {name.value} puts a secret into the image: {secret.described}",
                        secret.span,
                        stage=instruction.stage,
                        help=secret.advice(
                            "give it to the container when it starts, "
                            "or to one RUN with --mount=type=secret,env=NAME"
                        ),
                    )


_TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"  # of GitHub's documentation

RULE = Rule(
    "secret-in-env",
    Dockerfile,
    Severity.ERROR,
    why=(
        "ENV is written into the image's configuration. Whoever can pull the image reads it with "
        "docker inspect, every process and crash report of every container has it, and a later "
        "ENV or unset takes nothing away. ENV that repeats a build argument (ENV TOKEN=$TOKEN) "
        "keeps the build's secret in the same way.\n"
        "What a variable's name means is read closely: BuildKit's check fires at every name with "
        "KEY, TOKEN or PASSWORD in it; this rule lets an empty value pass (a container gives it "
        "when it starts), and so the fingerprint of a public key (GPG_KEY), a path "
        "(PASSWORD_FILE), a switch, a URL without a login and a placeholder. A weak password, "
        "such as changeme, is a password."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/",
        "https://docs.docker.com/build/building/secrets/",
        "CIS Docker 1.6 4.10",
        "CWE-798",
        "NIST SP 800-190 4.1.4",
    ),
    aliases=(
        "DL3064",
        "DS-0031",
        "CIS-DI-0010",
        "ruby/secrets-in-arg-or-env",
        "DF013",
        "DF014",
    ),
    examples=(
        bad("FROM debian:12\nENV DB_PASSWORD=hunter2\n", at=[2]),
        bad('FROM debian:12\nENV sa_password "Password123"\n', at=[2]),
        bad(f"FROM debian:12\nENV LANG=C \\\n    X={_TOKEN}\n", at=[3]),
        bad("FROM debian:12\nENV DATABASE_URL=postgres://app:s3cr3t@db/app\n", at=[2]),
        bad("FROM node:22\nARG NPM_TOKEN\nENV NPM_TOKEN=$NPM_TOKEN\n", at=[3]),
        bad("FROM debian:12\nENV PASSWORD=${PW:-changeme}\n", at=[2]),
        bad("FROM debian:12\nENV OPTS=-Djavax.net.ssl.keyStorePassword=changeit\n", at=[2]),
        bad("FROM debian:12\nONBUILD ENV API_KEY=4f1c9a77be20d35e\n", at=[2]),
        good("FROM debian:12\nENV DB_PASSWORD=\n"),
        good("FROM debian:12\nENV DB_PASSWORD_FILE=/run/secrets/db PASSWORD=/run/secrets/x\n"),
        good("FROM debian:12\nENV GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305\n"),
        good("FROM golang:1.23\nENV GOPRIVATE=git.corp.example GOPROXY=https://proxy.corp\n"),
        good("FROM mysql:8\nENV MYSQL_ALLOW_EMPTY_PASSWORD=yes PASSWORD_MIN_LENGTH=12\n"),
        good("FROM ruby:3\nENV SECRET_KEY_BASE_DUMMY=1 TOKEN_URL=https://login.corp/token\n"),
        good("FROM debian:12\nENV JWT_PUBLIC_KEY=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n"),
        good("FROM debian:12\nENV CHECKSUM=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b\n"),
    ),
    needs=("a secret",),
    check=check,
)
