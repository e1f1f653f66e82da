"""A stage without a name that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.stages import unused


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the FROM; a stage with a name may be meant by --target and is left."""
    for stage in unused(dockerfile):
        if stage.name is None:
            yield Finding(
                f"nothing uses this stage ({stage.index}): the build skips it",
                stage.base.span,
                stage=stage,
                help="give it a name and copy from it, or remove it",
            )


RULE = Rule(
    "unreachable-stage",
    Dockerfile,
    Severity.WARNING,
    why=(
        "BuildKit runs only the stages that the wanted one needs. A stage that nothing copies "
        "from or builds on is skipped in silence: what its author wanted to be built, tested or "
        "checked there never is. Mostly a COPY --from was forgotten or deleted, or a FROM was "
        "meant to replace another one. A stage with a name may be there for --target; "
        "named-stage-unused, off by default, names those as well."
    ),
    references=(
        "https://docs.docker.com/build/building/multi-stage/#differences-between-legacy-builder-"
        "and-buildkit",
    ),
    aliases=("no-unreachable-stages",),
    examples=(
        bad("FROM golang:1.26\nRUN go build\nFROM debian:12\nCOPY app /app\n", at=[1]),
        bad(
            "FROM node:22 AS deps\nFROM deps\nRUN npm test\nFROM node:22\nCOPY --from=deps /m /m\n",
            at=[2],
        ),
        good("FROM golang:1.26\nFROM debian:12\nCOPY --from=0 /app /app\n"),
        good("FROM a:1 AS test\nRUN true\nFROM b:1\n"),
        good("FROM a:1 AS x\nFROM x AS y\nFROM y\n"),
        good("FROM a:1\n"),
    ),
    needs=("several stages",),
    check=check,
)
