"""A VEX document copied into the image instead of attached to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at a source of COPY or ADD whose name is that of a VEX document."""
    for instruction in dockerfile.find("COPY", "ADD"):
        if instruction.flag("from") is not None:
            continue
        for word, value in zip(instruction.words[:-1], instruction.values, strict=False):
            name = value.rpartition("/")[2].lower()
            if re.search(r"(?:^|[._-])(?:open)?vex(?:[._-].*)?\.json$|\.vex$", name):
                yield Finding(
                    f"{value} is copied into the image, where no scanner looks for it",
                    word.span,
                    stage=instruction.stage,
                    help="attach it to the image's digest: cosign attest --type openvex",
                )


RULE = Rule(
    "vex-copied",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "A VEX document says which known holes do not matter in this image. Within the image it "
        "is bound to the layer: every new statement needs a new build and a new digest, and "
        "scanners look for attestations, not for files. Attached to the digest as an attestation "
        "it can be signed and renewed while the image stays the same. Off by default: some "
        "registries keep no attestations, and then a copy is better than nothing."
    ),
    references=("https://docs.docker.com/scout/how-tos/create-exceptions-vex/",),
    aliases=("prefer-vex-attestation",),
    examples=(
        bad("FROM debian:12\nCOPY app.vex.json /var/lib/db/\n", at=[2]),
        bad("FROM debian:12\nCOPY a \\\n  sec/openvex.json /b/\n", at=[3]),
        good("FROM debian:12\nCOPY convex.json vexing.txt /a/\n"),
        good("FROM debian:12 AS b\nFROM scratch\nCOPY --from=b /a.vex.json /\n"),
    ),
    check=check,
)
