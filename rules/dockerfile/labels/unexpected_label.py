"""A label that the configured schema does not know."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.labels import shipped


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the key, where strict_labels is set."""
    settings = dockerfile.settings
    if not settings.strict_labels:
        return
    known = {*settings.label_schema, *settings.required_labels}
    for label in shipped(dockerfile):
        if label.key not in known and "$" not in label.key_word.value:
            yield Finding(
                f"the label {label.key} is not in the schema",
                label.key_word.span,
                stage=label.instruction.stage,
                help="remove it, or add it to label_schema",
            )


RULE = Rule(
    "unexpected-label",
    Dockerfile,
    Severity.INFO,
    why=(
        "Where an organisation has agreed on its labels, a further one is mostly a misspelt one, "
        "so that the value is missing where it is looked for, or it tells outsiders what they "
        "need not know. The rule speaks only where strict_labels is set beside label_schema."
    ),
    references=("https://docs.docker.com/engine/manage-resources/labels/",),
    aliases=("DL3050",),
    examples=(
        bad(
            "FROM debian:12\nLABEL team=x maintaner=y\n",
            at=[2],
            label_schema={"team": "text", "maintainer": "text"},
            strict_labels=True,
        ),
        bad("FROM debian:12\nLABEL a=1\nLABEL b=2\n", at=[2, 3], strict_labels=True),
        good("FROM debian:12\nLABEL a=1\n", label_schema={"team": "text"}),
        good(
            "FROM a:1 AS x\nLABEL b=1\nFROM debian:12\nLABEL team=1\n",
            label_schema={"team": "text"},
            strict_labels=True,
        ),
    ),
    needs=("LABEL",),
    check=check,
)
