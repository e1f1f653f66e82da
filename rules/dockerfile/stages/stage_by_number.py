"""A stage is meant by its number."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Reference, Stage
from dockgate.rules.subjects.text import Span


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at COPY --from=0; the fix names the stage where it is first meant."""
    names = {stage.name for stage in dockerfile.stages}
    given: set[int] = set()
    for reference in dockerfile.references:
        stage = reference.stage
        if stage is None or reference.kind == "from" or not reference.raw.isdecimal():
            continue
        yield Finding(
            f"{reference.raw} means the stage of line {stage.from_.start}, by counting",
            reference.span,
            stage=reference.instruction.stage if reference.instruction else None,
            help="give the stage a name (FROM … AS build) and write that",
            fixes=_fix(dockerfile, reference, stage, names, first=stage.index not in given),
        )
        given.add(stage.index)


def _fix(
    dockerfile: Dockerfile,
    reference: Reference,
    stage: Stage,
    names: set[str | None],
    *,
    first: bool,
) -> tuple[Fix, ...]:
    name = stage.label if stage.name else f"stage-{stage.index}"
    if not stage.name and name in names:
        return ()
    if dockerfile.text[reference.span] != reference.raw:
        return ()
    edits = [Edit(reference.span, name)]
    if first and not stage.name:
        if not stage.from_.words or stage.from_.heredocs:
            return ()
        at = stage.from_.words[-1].span.end
        lower = dockerfile.text[stage.from_.keyword].islower()
        edits.append(Edit(Span(at, at), f" {'as' if lower else 'AS'} {name}"))
    return (Fix(f"call the stage {name}", tuple(edits)),)


RULE = Rule(
    "stage-by-number",
    Dockerfile,
    Severity.INFO,
    why=(
        "Stages are counted from 0 in the order of the file. Whoever adds a stage before the one "
        "that is meant, or swaps two, makes COPY --from=0 take its files from another stage: the "
        "build fails if one is lucky, and ships the wrong files otherwise. A name stays right, "
        "and says what is copied. Stages that nobody refers to need no name. (A mount's "
        "from= takes names only.)"
    ),
    references=("https://docs.docker.com/build/building/multi-stage/#name-your-build-stages",),
    aliases=("using_unnamed_build_stages", "DF023"),
    examples=(
        bad(
            "FROM golang:1.26\nFROM scratch\nCOPY --from=0 /app /app\n",
            at=[3],
            fixed="FROM golang:1.26 AS stage-0\nFROM scratch\nCOPY --from=stage-0 /app /app\n",
        ),
        bad(
            "FROM golang:1.26 AS build\nFROM scratch\nCOPY --from=0 /a /a\nCOPY --from=0 /b /b\n",
            at=[3, 4],
            fixed=(
                "FROM golang:1.26 AS build\nFROM scratch\n"
                "COPY --from=build /a /a\nCOPY --from=build /b /b\n"
            ),
        ),
        bad(
            "from golang:1.26\nfrom debian:12\ncopy --from=0 / /a/\n",
            at=[3],
            fixed="from golang:1.26 as stage-0\nfrom debian:12\ncopy --from=stage-0 / /a/\n",
        ),
        good("FROM golang:1.26 AS build\nFROM scratch\nCOPY --from=build /app /app\n"),
        good("FROM golang:1.26\nFROM debian:12\nRUN true\n"),
    ),
    needs=("several stages",),
    check=check,
)
