"""A login that stays in a file of the layer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.credentials import login, login_commands, undone
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a command of RUN that keeps credentials which the RUN does not take away again."""
    for instruction, command in dockerfile.commands(*login_commands()):
        kept = login(command) if instruction.cmd == "RUN" else None
        if kept is None or undone(kept, command, instruction):
            continue
        start, end = command.span
        if any(start <= secret.span.start < end for secret in instruction.secrets):
            continue  # secret-in-run has named the value itself
        yield Finding(
            f"{command.name} {kept.verb} keeps the credentials in ~/{kept.file}, a "
            "file of this layer",
            command.span,
            stage=instruction.stage,
            help="mount them as that file: "
            f"RUN --mount=type=secret,id=NAME,target=/root/{kept.file}",
        )


RULE = Rule(
    "credentials-in-layer",
    Dockerfile,
    Severity.WARNING,
    why=(
        "docker login, npm config set …_authToken, aws configure set, gcloud auth and their like "
        "write what they are given into a file of the home. In a RUN that file is part of the "
        "layer, and everybody who can pull the image has the credentials, however carefully they "
        "came in: a secret mount does not help, for the command copies its content. A later RUN "
        "cannot take the file out; the same RUN can, by logout or rm, and then this rule is "
        "silent. Best is to mount the whole file for the commands that need it."
    ),
    references=(
        "https://docs.docker.com/build/building/secrets/",
        "CIS Docker 1.6 4.10",
        "CWE-522",
        "CWE-538",
    ),
    aliases=("DS-0031",),
    examples=(
        bad("FROM docker:27\nARG T\nRUN echo $T | docker login -u me --password-stdin\n", at=[3]),
        bad(
            "FROM node:22\nRUN --mount=type=secret,id=T,env=T \\\n"
            "  npm config set //registry.npmjs.org/:_authToken $T && npm ci\n",
            at=[3],
        ),
        bad(
            "FROM google/cloud-sdk:500\nRUN gcloud auth activate-service-account --key-file=/k\n",
            at=[2],
        ),
        bad(
            'FROM debian:12\nRUN git config --global url."https://$T@x.org/".insteadOf x\n', at=[2]
        ),
        bad("FROM debian:12\nRUN aws configure set aws_secret_access_key $S\n", at=[2]),
        good(
            "FROM node:22\nRUN --mount=type=secret,id=T,env=T npm set //x/:_authToken $T \\\n"
            " && npm ci && rm ~/.npmrc\n"
        ),
        good("FROM node:22\nRUN --mount=type=secret,id=n,target=/root/.npmrc npm ci\n"),
        good("FROM docker:27\nRUN docker login -u me && docker pull x && docker logout\n"),
        good("FROM debian:12\nRUN git config --global user.name x && aws configure set region y\n"),
        good("FROM debian:12\nRUN npm config set registry https://x.org/ && docker version\n"),
    ),
    needs=(
        "aws",
        "az",
        "buildah",
        "cargo",
        "composer",
        "crane",
        "docker",
        "dotnet",
        "gcloud",
        "gh",
        "git",
        "glab",
        "helm",
        "hf",
        "huggingface-cli",
        "kubectl",
        "npm",
        "oras",
        "pip",
        "pnpm",
        "podman",
        "poetry",
        "skopeo",
        "vault",
        "yarn",
    ),
    check=check,
)
