"""A label that buildx can set from git."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.labels import OCI, shipped

_SET_BY_BUILDX = (OCI + "revision", OCI + "source", "com.docker.image.source.entrypoint")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the key."""
    for label in shipped(dockerfile):
        if label.key in _SET_BY_BUILDX:
            yield Finding(
                f"buildx sets {label.key} itself where BUILDX_GIT_LABELS is set",
                label.key_word.span,
                stage=label.instruction.stage,
                help="leave it to buildx, or to the flag --label of the build",
            )


RULE = Rule(
    "buildx-git-label",
    Dockerfile,
    Severity.INFO,
    why=(
        "With BUILDX_GIT_LABELS=1 or full, buildx adds the commit, the repository and the path of "
        "the Dockerfile as labels, taken from git itself. What the Dockerfile says is then "
        "overridden, and the two disagree as soon as a build argument is forgotten. The rule is "
        "off by default: without that variable buildx adds nothing, and the Dockerfile is the "
        "right place."
    ),
    references=("https://docs.docker.com/build/building/variables/#buildx_git_labels",),
    aliases=("labels/no-buildx-git-overlap",),
    enabled=False,
    examples=(
        bad("FROM debian:12\nARG R\nLABEL org.opencontainers.image.revision=$R\n", at=[3]),
        bad(
            "FROM debian:12\nLABEL a=b \\\n org.opencontainers.image.source=https://x.org\n", at=[3]
        ),
        good("FROM debian:12\nLABEL org.opencontainers.image.title=x\n"),
        good("FROM a:1 AS b\nLABEL org.opencontainers.image.source=x\nFROM debian:12\n"),
    ),
    check=check,
)
