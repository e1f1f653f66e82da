"""A label without a value."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.labels import OCI, shipped


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at OCI's and configured keys whose value is empty in every build."""
    settings = dockerfile.settings
    for label in shipped(dockerfile):
        known = label.key in settings.label_schema or label.key in settings.required_labels
        if (known or label.key.startswith(OCI)) and label.fixed and not label.value.strip():
            yield Finding(
                f"the label {label.key} is empty",
                label.value_word.span if label.value_word.value else label.key_word.span,
                stage=label.instruction.stage,
                help="give it a value, or remove it",
            )


RULE = Rule(
    "empty-label",
    Dockerfile,
    Severity.INFO,
    why=(
        "An empty label satisfies a check that only asks whether it is there, and tells nobody "
        "anything: whoever needs the owner or the source of the image finds nothing. The rule "
        "looks at the keys of the OCI image specification and at the configured ones. Other "
        "labels may be emptied on purpose, to hide what the base image says."
    ),
    references=("https://github.com/opencontainers/image-spec/blob/main/annotations.md",),
    aliases=("DL3051",),
    examples=(
        bad('FROM debian:12\nLABEL org.opencontainers.image.source=""\n', at=[2]),
        bad("FROM debian:12\nLABEL a=1 \\\n team=\n", at=[3], label_schema={"team": "text"}),
        bad("FROM debian:12\nLABEL team='  '\n", at=[2], required_labels=("team",)),
        good('FROM debian:12\nLABEL vendor="" org.opencontainers.image.vendor=x\n'),
        good("FROM debian:12\nARG V\nLABEL org.opencontainers.image.version=$V\n"),
    ),
    needs=("LABEL",),
    check=check,
)
