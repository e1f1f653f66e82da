"""COPY --from a stage that holds no file."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.stages import roots

#: What makes a file or folder; RUN in an empty stage only with the help of a mount.
MAKERS = frozenset({"COPY", "ADD", "RUN", "WORKDIR", "ONBUILD"})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at references by COPY to a stage on scratch in which nothing makes a file."""
    base = roots(dockerfile)
    filled: set[int] = set()
    for stage in dockerfile.stages:
        inherited = stage.parent is not None and stage.parent.index in filled
        if base[stage.index].name != "scratch" or inherited or next(stage.find(*MAKERS), None):
            filled.add(stage.index)
    for reference in dockerfile.references if len(filled) < len(dockerfile.stages) else ():
        source, instruction = reference.stage, reference.instruction
        if source is None or instruction is None or reference.kind != "copy":
            continue
        whole = any(value in ("/", ".", "./") for value in instruction.values[:-1])
        if source is not instruction.stage and source.index not in filled and not whole:
            yield Finding(
                f"stage {source.label} is empty: it starts from scratch, and nothing puts a file "
                "into it",
                reference.span,
                stage=instruction.stage,
                help="COPY into that stage first, or copy from the stage that has the files",
            )


RULE = Rule(
    "copy-from-empty-stage",
    Dockerfile,
    Severity.ERROR,
    why=(
        "A stage FROM scratch holds nothing until something is copied into it. COPY --from such a "
        "stage cannot find its source, and the build ends with 'not found' only after all other "
        "stages have run, for minutes or hours. Mostly the COPY into the stage was forgotten, or "
        "the wrong stage is named."
    ),
    references=(
        "https://docs.docker.com/build/building/base-images/#create-a-minimal-base-image-using-"
        "scratch",
    ),
    aliases=("copy-from-empty-scratch-stage",),
    examples=(
        bad("FROM scratch AS empty\nFROM debian:12\nCOPY --from=empty /app /app\n", at=[3]),
        bad(
            "FROM scratch\nENV A=1\nFROM debian:12\nCOPY \\\n  --from=0 /app /app\n",
            at=[5],
        ),
        good("FROM scratch AS a\nCOPY app /app\nFROM debian:12\nCOPY --from=a /app /app\n"),
        good("FROM scratch AS a\nCOPY x /\nFROM a AS b\nFROM debian:12\nCOPY --from=b /x /x\n"),
        good("FROM scratch AS a\nFROM debian:12\nCOPY --from=a / /\n"),
        good("FROM debian:12 AS a\nFROM debian:12\nCOPY --from=a /etc/x /x\n"),
    ),
    needs=("FROM scratch",),
    check=check,
)
