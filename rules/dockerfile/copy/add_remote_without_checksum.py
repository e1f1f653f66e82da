"""ADD of something remote that nothing verifies."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.sources import commit_of, is_git, is_web


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at web addresses without --checksum and at git sources without a commit."""
    for instruction in dockerfile.with_triggers():
        if instruction.cmd != "ADD" or instruction.flag("checksum"):
            continue
        for word, value in zip(instruction.words[:-1], instruction.values, strict=False):
            if is_web(value):
                message = f"ADD fetches {value} without --checksum"
                advice = "add --checksum=sha256:… (Dockerfile syntax 1.6 and later)"
            elif is_git(value) and commit_of(value) is None:
                message = f"ADD clones {value}, which names no commit"
                advice = "name the commit: REPOSITORY.git#<40 hex digits>"
            else:
                continue
            yield Finding(message, word.span, stage=instruction.stage, help=advice)


RULE = Rule(
    "add-remote-without-checksum",
    Dockerfile,
    Severity.WARNING,
    why=(
        "What a web address gives can change between two builds: by a new release, a taken-over "
        "domain or somebody on the way. ADD puts it into the image without a look, and for all "
        "later builds the cache may keep it. With --checksum BuildKit refuses anything else; a "
        "git source is settled by its commit, while branches and tags move."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#add---checksum",
        "CIS Docker 1.6 4.9",
        "CWE-494",
    ),
    aliases=("curl_or_wget_instead_of_add", "CKV_DOCKER_4"),
    examples=(
        bad("FROM debian:12\nADD https://example.com/a.tgz /\n", at=[2]),
        bad("FROM debian:12\nARG V=1\nADD --chmod=755 \\\n  http://example.com/a-$V /\n", at=[4]),
        bad("FROM debian:12\nADD https://github.com/docker/buildx.git#v0.14.1 /src\n", at=[2]),
        bad("FROM debian:12\nONBUILD ADD git@github.com:docker/buildx.git /src\n", at=[2]),
        good("FROM debian:12\nADD --checksum=sha256:" + 64 * "e" + " https://example.com/a /\n"),
        good("FROM debian:12\nADD https://github.com/docker/buildx.git#" + 40 * "f" + ":docs /s\n"),
        good("FROM debian:12\nADD https.txt http/ /\n"),
        good("FROM debian:12\nRUN echo ADD https://example.com/a /\n"),
    ),
    needs=("ADD",),
    check=check,
)
