"""`FROM --platform=$TARGETPLATFORM`, which is the default."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire where the platform is that of the target, by this variable alone, as BuildKit does."""
    for stage in dockerfile.stages:
        flag = stage.from_.flag("platform")
        if flag is None or "$" not in flag.text:
            continue
        if set(re.findall(r"\$\{?(\w+)", flag.text)) != {"TARGETPLATFORM"}:
            continue
        if stage.platform == stage.from_.env.get("TARGETPLATFORM"):
            base = stage.from_.words[0].span.start if stage.from_.words else flag.span.end
            plain = len(stage.from_.flags) == 1 and stage.from_.start == stage.from_.end
            gap = Span(flag.span.start, base)
            fix = Fix("leave --platform out", (Edit(gap, ""),))
            yield Finding(
                f"{flag.text} says what is the case without it",
                flag.span,
                stage=stage,
                fixes=(fix,) if plain else (),
            )


RULE = Rule(
    "redundant-target-platform",
    Dockerfile,
    Severity.INFO,
    why=(
        "Every stage is for the target's platform unless it says otherwise, so the flag changes "
        "nothing. It makes readers look for a reason, and it is often a slip for $BUILDPLATFORM, "
        "with which a compiler would run natively and not be emulated."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/redundant-target-platform/",
        "https://docs.docker.com/build/building/multi-platform/",
    ),
    aliases=("DL3065", "RedundantTargetPlatform"),
    examples=(
        bad(
            "FROM --platform=$TARGETPLATFORM debian:12\n",
            at=[1],
            fixed="FROM debian:12\n",
        ),
        bad(
            "FROM a:1 AS b\nFROM  --platform=${TARGETPLATFORM}  debian:12 AS c\n",
            at=[2],
            fixed="FROM a:1 AS b\nFROM  debian:12 AS c\n",
        ),
        good("FROM --platform=$BUILDPLATFORM golang:1.23\n"),
        good("FROM --platform=$TARGETOS/$TARGETARCH debian:12\n"),
        good("FROM --platform=linux/amd64 debian:12\n"),
    ),
    needs=("--platform",),
    check=check,
)
