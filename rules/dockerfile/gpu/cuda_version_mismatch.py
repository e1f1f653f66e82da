"""Wheels for another CUDA than the base image has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.users import base_of


def _major_minor(text: str) -> tuple[int, int] | None:
    found = re.search(r"(\d{1,2})\.(\d{1,2})", text)
    return (int(found[1]), int(found[2])) if found else None


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at an option or package for a CUDA of another major version, or a later one."""
    for instruction, command, call in dockerfile.calls("pip", "uv", "conda"):
        stage = instruction.stage
        base = base_of(stage) if stage is not None else None
        if base is None or not base.repository.endswith("nvidia/cuda"):
            continue
        has = _major_minor(base.tag or "")
        for word in (*call.options, *call.packages) if has is not None else ():
            found = re.search(r"(?:/|\+|-)cu(\d{2})(\d)(?:\b|$)", word.value)
            named = re.search(r"(?:pytorch-cuda|cudatoolkit|cuda-version)=+(\d+\.\d+)", word.value)
            wanted = (int(found[1]), int(found[2])) if found else None
            wanted = _major_minor(named[1]) if named else wanted
            if wanted is not None and has is not None and (wanted[0] != has[0] or wanted > has):
                yield Finding(
                    f"{command.name} installs for CUDA {wanted[0]}.{wanted[1]}, and the base image "
                    f"has {has[0]}.{has[1]}",
                    word.span,
                    stage=stage,
                    help=f"take the packages for cu{has[0]}{has[1]}, or another base image",
                )


RULE = Rule(
    "cuda-version-mismatch",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Wheels for another major version of CUDA do not find their libraries in the base image, "
        "or bring a second set of gigabytes; those for a later minor version need a newer driver "
        "than the base image promises to run with. Either the program fails when it first "
        "touches the GPU, on the machine that has one, or the image is twice as large. Wheels "
        "for an earlier minor version of the same major one are left in peace: CUDA keeps them "
        "working."
    ),
    references=("https://docs.nvidia.com/deploy/cuda-compatibility/",),
    aliases=("gpu/cuda-version-mismatch",),
    examples=(
        bad(
            "FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\n"
            "RUN pip install torch --index-url https://download.pytorch.org/whl/cu118\n",
            at=[2],
        ),
        bad(
            "FROM nvidia/cuda:11.8.0-base\nRUN pip install \\\n  torch==2.4.0+cu121\n",
            at=[3],
        ),
        good(
            "FROM nvidia/cuda:12.4.1-runtime\n"
            "RUN pip install torch --index-url https://download.pytorch.org/whl/cu121\n"
        ),
        good("FROM python:3.13\nRUN pip install torch --index-url https://x.org/whl/cu118\n"),
        good("FROM nvidia/cuda:12.4.1-base\nRUN pip install cupy-cuda12x torch==2.4.0+cpu\n"),
    ),
    needs=("conda", "pip", "uv"),
    check=check,
)
