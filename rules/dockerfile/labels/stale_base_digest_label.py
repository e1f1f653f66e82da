"""A label that names another digest of the base than FROM has."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.labels import OCI, of_stage
from dockgate.rules.subjects.users import base_of


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a digest that is written out and is not the base's, or cannot stay it."""
    for stage in dockerfile.stages:
        for label in of_stage(stage):
            if label.key != OCI + "base.digest" or not label.fixed or not label.value.strip():
                continue
            base = base_of(stage)
            if not base.is_image or base.undefined or label.value == base.digest:
                continue
            why = "FROM has another" if base.digest else f"FROM has none, and {base.name} moves"
            yield Finding(
                f"{label.key} is written out, but {why}",
                label.value_word.span,
                stage=stage,
                help="write one ARG before FROM for both, or leave the label to the build",
            )


RULE = Rule(
    "stale-base-digest-label",
    Dockerfile,
    Severity.WARNING,
    why=(
        "org.opencontainers.image.base.digest tells update bots and scanners which base an image "
        "was built on, so that they need not compare layers. A digest written out by hand stays "
        "when the base moves: the bot then sees an image that is up to date and is not, or one "
        "that is for ever out of date, and a scanner subtracts the wrong base's findings."
    ),
    references=("https://github.com/opencontainers/image-spec/blob/main/annotations.md",),
    aliases=("labels/no-stale-base-digest",),
    examples=(
        bad(
            f"FROM debian:12@sha256:{64 * 'a'}\n"
            f"LABEL org.opencontainers.image.base.digest=sha256:{64 * 'b'}\n",
            at=[2],
        ),
        bad(
            "FROM debian:12\nLABEL a=1 \\\n"
            f" org.opencontainers.image.base.digest=sha256:{64 * 'b'}\n",
            at=[3],
        ),
        good(
            f"FROM debian:12@sha256:{64 * 'a'}\n"
            f"LABEL org.opencontainers.image.base.digest=sha256:{64 * 'a'}\n"
        ),
        good(
            f"ARG D=sha256:{64 * 'a'}\nFROM debian@$D\nARG D\n"
            "LABEL org.opencontainers.image.base.digest=$D\n"
        ),
        good(f"FROM scratch\nLABEL org.opencontainers.image.base.digest=sha256:{64 * 'a'}\n"),
    ),
    needs=("LABEL",),
    check=check,
)
