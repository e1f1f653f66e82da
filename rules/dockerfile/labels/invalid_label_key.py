"""A label whose key is not one that tools expect."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.labels import of_instruction

_KEY = r"[a-z0-9]+(?:[._-][a-z0-9]+)*(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*)*"
_RESERVED = ("com.docker.", "io.docker.", "org.dockerproject.")
#: Of these Docker itself asks for labels in images: extensions of Docker Desktop.
_ASKED_FOR = ("com.docker.desktop.", "com.docker.extension.", "com.docker.image.")


def _fault(key: str) -> str:
    if key.startswith(_RESERVED) and not key.startswith(_ASKED_FOR):
        return f"is in {key.partition('.')[0]}.{key.split('.')[1]}, which is reserved for Docker"
    if re.search(r"[A-Z]", key):
        return "has capital letters"
    if re.fullmatch(_KEY, key) is None:
        return "has other characters than letters, digits, and single . - _ / between them"
    return ""


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the key, once a key of a stage."""
    seen: set[tuple[int, str]] = set()
    for instruction in dockerfile.find("LABEL"):
        for label in of_instruction(instruction):
            stage = instruction.stage
            place = (stage.index if stage else -1, label.key)
            if "$" in label.key_word.value or place in seen or not label.key:
                continue
            fault = _fault(label.key)
            if fault:
                seen.add(place)
                yield Finding(
                    f"the label key {label.key} {fault}", label.key_word.span, stage=stage
                )


RULE = Rule(
    "invalid-label-key",
    Dockerfile,
    Severity.STYLE,
    why=(
        "Docker takes any key, but those who search labels (registries, inventories, admission "
        "policies, Prometheus) compare keys letter by letter: Version and version are two labels, "
        "and keys with blanks or other characters cannot be named in many query languages. "
        "Docker's guideline is lower case, digits, dots and dashes, with a domain in front, and "
        "keeps com.docker, io.docker and org.dockerproject for itself. Underscores and slashes, "
        "which Kubernetes and Tekton use in their own keys, are left in peace."
    ),
    references=(
        "https://docs.docker.com/engine/manage-resources/labels/#key-format-recommendations",
        "https://github.com/opencontainers/image-spec/blob/main/annotations.md",
    ),
    aliases=("DL3048", "labels/valid-key", "label_invalid"),
    examples=(
        bad("FROM debian:12\nLABEL Version=1.0\n", at=[2]),
        bad('FROM debian:12\nLABEL com.example.a="b" \\\n  "a b"=c com.docker.x=1\n', at=[3, 3]),
        bad("FROM debian:12\nLABEL com..example=1 -a=2\n", at=[2, 2]),
        good('FROM debian:12\nLABEL com.example.some-key="A Value" version=1\n'),
        good("FROM debian:12\nLABEL io.k8s.display_name=x example.com/key=y\n"),
        good("FROM debian:12\nLABEL com.docker.desktop.extension.api.version=0.3\n"),
        good("FROM debian:12\nARG P=com.Example\nLABEL $P.key=1\n"),
    ),
    needs=("LABEL",),
    check=check,
)
