"""CUDA installed into an image that has it."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.users import base_of

_TOOLKIT = pattern(r"(?:cuda|cuda-toolkit(?:-\d.*)?|nvidia-cuda-toolkit|cuda-\d+-\d+)(?:=.*)?")
_RUNTIME = pattern(r"(?:cuda-runtime|cuda-libraries)-\d.*|cudatoolkit(?:=.*)?")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the package in a stage made from nvidia/cuda's devel or runtime variant."""
    for instruction, _, call in dockerfile.calls("apt", "yum", "dnf", "zypper", "conda"):
        stage = instruction.stage
        if call.verb != "install" or stage is None:
            continue
        base = base_of(stage)
        tag = base.tag or ""
        if not base.repository.endswith("nvidia/cuda"):
            continue
        for word in call.packages:
            whole = "devel" in tag and _TOOLKIT.fullmatch(word.value)
            if whole or (("devel" in tag or "runtime" in tag) and _RUNTIME.fullmatch(word.value)):
                yield Finding(
                    f"{word.value} installs CUDA a second time: {base.name} has it",
                    word.span,
                    stage=stage,
                    help="leave it out, or start from the base variant",
                )


RULE = Rule(
    "redundant-cuda-install",
    Dockerfile,
    Severity.WARNING,
    why=(
        "The runtime and devel variants of nvidia/cuda hold the CUDA libraries, devel the whole "
        "toolkit. Installing them again adds 2 to 6 GB, often of another version, and which of "
        "the two a program finds depends on LD_LIBRARY_PATH. nvidia-cuda-toolkit, the "
        "distribution's own, is older than what the base image has. The base variant holds "
        "neither, so there it is left in peace."
    ),
    references=("https://hub.docker.com/r/nvidia/cuda",),
    aliases=("gpu/no-redundant-cuda-install",),
    examples=(
        bad(
            "FROM nvidia/cuda:12.4.1-devel-ubuntu22.04\nRUN apt-get install -y cuda-toolkit-12-4\n",
            at=[2],
        ),
        bad(
            "FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\n"
            "RUN conda install -y numpy \\\n  cudatoolkit=11.8\n",
            at=[3],
        ),
        good(
            "FROM nvidia/cuda:12.4.1-base-ubuntu22.04\nRUN apt-get install -y cuda-toolkit-12-4\n"
        ),
        good("FROM ubuntu:24.04\nRUN apt-get install -y cuda-toolkit\n"),
        good("FROM nvidia/cuda:12.4.1-devel\nRUN apt-get install -y cuda-nsight-systems-12-4\n"),
    ),
    needs=("apt", "conda", "dnf", "yum", "zypper"),
    check=check,
)
