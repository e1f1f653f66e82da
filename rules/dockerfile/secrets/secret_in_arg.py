"""A secret in ARG: build arguments stay in the image's history."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.secret_names import KEY, asks_for_value, is_reference, secret_name
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction

_HELP = "give it to the RUN that needs it: RUN --mount=type=secret,id=NAME,env=NAME"


def _findings(instruction: Instruction, further: tuple[str, ...]) -> Iterator[Finding]:
    for name, value, _ in instruction.pairs():
        inside = [
            secret
            for secret in instruction.secrets
            if value and value.span.start <= secret.span.start < value.span.end
        ]
        if inside:
            yield Finding(
                f"the default of ARG {name.value} is a secret: {inside[0].described}",
                inside[0].span,
                stage=instruction.stage,
                help=inside[0].advice(_HELP),
            )
            continue
        given = value.value.strip("\"'") if value else ""
        if given and not is_reference(given) and not asks_for_value(given):
            continue
        if secret_name(name.value, further) not in (None, KEY):
            yield Finding(
                f"a secret given as build argument {name.value} stays in the image's history",
                name.span,
                stage=instruction.stage,
                help=_HELP,
            )


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the name of a build argument that means a secret, and at a default that is one."""
    for instruction in dockerfile.with_triggers():
        if instruction.cmd == "ARG":
            yield from _findings(instruction, dockerfile.settings.secret_names)


_TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"  # of GitHub's documentation

RULE = Rule(
    "secret-in-arg",
    Dockerfile,
    Severity.ERROR,
    why=(
        "A build argument is no secret channel: its value stands in docker history of every "
        "stage that uses it, in the build's provenance, in the cache and in the logs of the CI "
        "that passed it. Its default stands in the Dockerfile itself. So the name alone is enough "
        "to fire: ARG NPM_TOKEN has no other use than to be given the token.\n"
        "A default that needs no other passes: dummy, a path, a switch; one that asks to be "
        "replaced does not. "
        "The names of public things pass as well, as in secret-in-env."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/",
        "https://docs.docker.com/build/building/secrets/",
        "CIS Docker 1.6 4.10",
        "CWE-538",
    ),
    aliases=(
        "DL3064",
        "DS-0031",
        "secret-in-build-arg",
        "CIS-DI-0010",
        "ruby/secrets-in-arg-or-env",
        "ruby/prefer-secret-mounts-for-build-credentials",
        "DF013",
        "DF014",
    ),
    examples=(
        bad("FROM node:22\nARG NPM_TOKEN\nRUN npm ci\n", at=[2]),
        bad("ARG GITHUB_TOKEN=\nFROM debian:12\n", at=[1]),
        bad("FROM debian:12\nARG AWS_ACCESS_KEY_ID\nARG AWS_SECRET_ACCESS_KEY\n", at=[2, 3]),
        bad(f"FROM debian:12\nARG SOURCE=https://{_TOKEN}@github.com/x/y\n", at=[2]),
        bad("FROM debian:12\nARG GITHUB_TOKEN=replace-me\n", at=[2]),
        bad("FROM debian:12\nARG FOO=test DB_PASSWORD=hunter2\n", at=[2]),
        good("FROM node:22\nRUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci\n"),
        good("FROM debian:12\nARG TOKEN_URL\nARG PASSWORD_FILE\nARG SIGNING_PUBLIC_KEY\n"),
        good("FROM rails:8\nARG SECRET_KEY_BASE=dummy\nRUN bin/rails assets:precompile\n"),
        good("FROM debian:12\nARG GPG_KEY\nARG CACHE_KEY\nARG MAX_TOKENS=1024\n"),
    ),
    needs=("ARG",),
    check=check,
)
