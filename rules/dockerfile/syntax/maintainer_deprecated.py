"""MAINTAINER, which a label has replaced."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Edit, Finding, Fix, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction

LABEL = "org.opencontainers.image.authors"


def _fix(instruction: Instruction, escape: str) -> tuple[Fix, ...]:
    if instruction.start != instruction.end:
        return ()
    name = instruction.words[0].value.strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1]
    for special in (escape, '"', "$"):
        name = name.replace(special, escape + special)
    edit = Edit(instruction.span, f'LABEL {LABEL}="{name}"')
    return (Fix(f"use the label {LABEL}", (edit,)),)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each MAINTAINER."""
    for instruction in dockerfile.find("MAINTAINER"):
        yield Finding(
            "MAINTAINER is deprecated",
            instruction.keyword,
            stage=instruction.stage,
            help=f'write LABEL {LABEL}="…"',
            fixes=_fix(instruction, dockerfile.escape) if instruction.words else (),
        )


RULE = Rule(
    "maintainer-deprecated",
    Dockerfile,
    Severity.WARNING,
    why=(
        "MAINTAINER has been deprecated since Docker 1.13. It sets a field that docker inspect "
        "shows but registries, scanners and inventories do not read, so that the person who "
        "finds a hole in an image does not learn whom to tell. A label is read by all of them "
        "and can be overridden and searched for."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/maintainer-deprecated/",
        "https://github.com/opencontainers/image-spec/blob/main/annotations.md",
    ),
    aliases=(
        "DL4000",
        "MaintainerDeprecated",
        "DS-0022",
        "CKV_DOCKER_6",
        "maintainer_instruction_being_used",
        "maintainer-is-deprecated",
        "DF019",
        "deprecated_in_1.13",
        "DEPRECATED_MAINTAINER",
    ),
    examples=(
        bad(
            "FROM debian:12\nMAINTAINER Jo <jo@example.com>\n",
            at=[2],
            fixed=(
                'FROM debian:12\nLABEL org.opencontainers.image.authors="Jo <jo@example.com>"\n'
            ),
        ),
        bad(
            "FROM debian:12\nmaintainer 'Jo \"$\" Doe'\n",
            at=[2],
            fixed=('FROM debian:12\nLABEL org.opencontainers.image.authors="Jo \\"\\$\\" Doe"\n'),
        ),
        good('FROM debian:12\nLABEL org.opencontainers.image.authors="Jo"\n'),
        good("FROM debian:12\n# MAINTAINER Jo\nRUN echo MAINTAINER\n"),
    ),
    needs=("MAINTAINER",),
    check=check,
)
