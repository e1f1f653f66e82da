"""A label that the configuration or policy asks for is not set."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the final stage's FROM, once a label."""
    settings, stage = dockerfile.settings, dockerfile.final
    if stage is None or not (settings.required_labels or settings.label_schema):
        return
    for key in dict.fromkeys((*settings.required_labels, *settings.label_schema)):
        if key not in stage.labels:
            yield Finding(
                f"the image has no label {key}, which the configuration asks for",
                stage.base.span,
                stage=stage,
                help=f'add LABEL {key}="…" to the final stage',
            )


RULE = Rule(
    "missing-label",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Labels say who answers for an image, where its source is and which version it holds. "
        "Whoever finds a hole in a running container has nothing else to go by, and admission "
        "policies refuse images without them. The rule speaks only of labels that are configured: "
        "required_labels of the policy, and the keys of label_schema. Labels that docker build "
        "--label or a base image adds are not seen in a Dockerfile; the scan of the image sees "
        "them."
    ),
    references=(
        "https://github.com/opencontainers/image-spec/blob/main/annotations.md",
        "https://docs.docker.com/reference/dockerfile/#label",
    ),
    aliases=("DL3049",),
    examples=(
        bad("FROM debian:12\nUSER 1\n", at=[1], required_labels=("maintainer",)),
        bad(
            "FROM a:1 AS b\nLABEL team=x\nFROM debian:12\nLABEL version=1\n",
            at=[3],
            label_schema={"team": "text", "version": "semver"},
        ),
        bad("FROM debian:12\nLABEL Team=x\n", at=[1, 1], required_labels=("team", "version")),
        good("FROM debian:12\n"),
        good("FROM debian:12 AS b\nLABEL team=x\nFROM b\n", required_labels=("team",)),
        good('FROM debian:12\nLABEL "team"="x y"\n', required_labels=("team",)),
    ),
    check=check,
)
