"""An image that is named without a tag, or by `latest`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Reference
from dockgate.rules.subjects.stages import selects_stage

ROLES = {"from": "base image", "copy": "image", "mount": "image", "syntax": "frontend image"}


_WHOLE = pattern(r"[a-z0-9](?:[\w./:-]*\w)?", re.IGNORECASE)


def floats(reference: Reference) -> bool:
    """Whether the image is found by no tag at all or by `latest` (`latest-slim`, `jdk-latest`)."""
    if not reference.is_image or reference.digest:
        return False
    if reference.undefined and not _WHOLE.fullmatch(reference.name):
        return False  # ruby:${V} is nothing without --build-arg, ruby$V is ruby
    return reference.tag is None or "latest" in reference.tag.lower().split("-")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire where `floats` holds, in FROM, COPY --from, mounts and the syntax directive."""
    for reference in dockerfile.references:
        if floats(reference) and not selects_stage(dockerfile, reference):
            written = f"{reference.raw} is {reference.name}: " if "$" in reference.raw else ""
            tag = (
                f"the moving tag {reference.tag}" if reference.tag else "no tag, which means latest"
            )
            yield Finding(
                f"{written}{ROLES[reference.kind]} {reference.name} has {tag}",
                reference.span,
                stage=reference.instruction.stage if reference.instruction else None,
                help="name a release that you tested, best together with its digest",
            )


RULE = Rule(
    "unpinned-base",
    Dockerfile,
    Severity.ERROR,
    why=(
        "An image without a tag, or with latest, is whatever its publisher pushed last. The same "
        "Dockerfile then builds different software tomorrow: a new major version breaks the "
        "build of somebody who changed nothing, nobody can say which version runs in production, "
        "and a stolen publisher account reaches every build at once. A tag that comes from an "
        "ARG counts as what its default makes of it."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
        "CIS Docker 1.6 4.2",
        "CWE-1357",
    ),
    aliases=(
        "DL3006",
        "DL3007",
        "DS-0001",
        "CKV_DOCKER_7",
        "image_version_not_explicit",
        "image_version_using_latest",
        "missing-image-version",
        "avoid-latest-version",
        "DKL-DI-0006",
        "DF001",
        "DF024",
        "missing_tag",
        "latest_tag",
    ),
    examples=(
        bad("FROM ubuntu\n", at=[1]),
        bad("FROM node:latest AS build\nFROM build\n", at=[1]),
        bad("ARG V=latest\nFROM ruby:${V}\n", at=[2]),
        bad("FROM registry.example.com:5000/team/app\n", at=[1]),
        bad("FROM alpine:3.20\nCOPY --from=busybox /bin/wget /bin/\n", at=[2]),
        bad("FROM alpine:3.20\nRUN --mount=type=bind,from=golang:latest,target=/go true\n", at=[2]),
        bad("# syntax=docker/dockerfile\nFROM alpine:3.20\n", at=[1]),
        bad("ARG TAG\nFROM alpine$TAG\n", at=[2]),
        good("FROM debian:bookworm-slim\n"),
        good("FROM debian@sha256:" + 64 * "a" + "\n"),
        good("FROM debian:latest@sha256:" + 64 * "a" + "\n"),
        good("FROM scratch\n"),
        good("FROM golang:1.23 AS Build\nFROM scratch\nCOPY --from=build /app /app\n"),
        good("ARG V\nFROM ruby:${V}\n"),
        good("ARG T=deb\nFROM alpine:3.22 AS make-apk\nFROM make-$T\n"),
        good("FROM registry.example.com:5000/team/app:1.4.2\n"),
    ),
    check=check,
)
