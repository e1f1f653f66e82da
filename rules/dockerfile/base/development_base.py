"""The final stage rests on the development variant of its base image."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.data import load
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.images import matches
from dockgate.rules.subjects.users import base_of

#: What the names of such images contain: most files need no closer look.
_HINTS = ("devel", "sdk", "rocm/dev-", "oneapi-")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the reference that the final stage's base has."""
    if dockerfile.final is None:
        return
    stage = list(dockerfile.final.chain())[-1]
    base = base_of(stage)
    if not base.is_image or base.undefined or not any(hint in base.name for hint in _HINTS):
        return
    for pattern, instead in load("development-bases")["images"].items():
        if matches(base, pattern):
            yield Finding(
                f"{base.name} is the variant for building, and the image ships it",
                base.span,
                stage=stage,
                help=f"build in a stage FROM it, and end with {instead}",
            )
            return


RULE = Rule(
    "development-base",
    Dockerfile,
    Severity.INFO,
    why=(
        "A -devel or sdk image holds compilers, headers and static libraries on top of what the "
        "runtime image has: nvidia/cuda's is some 5 GB larger, .NET's 600 MB. All of it is pulled "
        "to every node, must be patched, and is at hand for an intruder. The makers publish a "
        "runtime variant for what ships. It is a hint, because a program that compiles while it "
        "runs (Triton kernels, Razor pages) does need the tools."
    ),
    references=(
        "https://docs.docker.com/build/building/multi-stage/",
        "CIS Docker 1.6 4.3",
    ),
    aliases=("gpu/prefer-runtime-final-stage",),
    examples=(
        bad("FROM nvidia/cuda:12.6.0-cudnn-devel-ubuntu24.04\nRUN pip install x\n", at=[1]),
        bad(
            "FROM mcr.microsoft.com/dotnet/sdk:10.0 AS b\nFROM b\nRUN dotnet publish -o /app\n",
            at=[1],
        ),
        bad("ARG T=devel\nFROM pytorch/pytorch:2.7.0-cuda12.6-cudnn9-${T}\n", at=[2]),
        good(
            "FROM nvidia/cuda:12.6.0-devel-ubuntu24.04 AS b\n"
            "FROM nvidia/cuda:12.6.0-runtime-ubuntu24.04\nCOPY --from=b /a /a\n"
        ),
        good("FROM mcr.microsoft.com/dotnet/aspnet:10.0\n"),
        good("FROM example.com/devel:1\n"),
    ),
    check=check,
)
