"""GPUs chosen in the image."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.text import Span

_VARIABLES = frozenset({"NVIDIA_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"})
_NONE = frozenset({"", "none", "void", "-1"})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at ENV that gives one of the variables a device, or all."""
    for instruction in dockerfile.find("ENV"):
        for name, word, value in instruction.pairs():
            if name.value not in _VARIABLES or word is None or value.strip().lower() in _NONE:
                continue
            if "$" in word.value:
                continue
            yield Finding(
                f"{name.value}={value.strip()} chooses the GPUs in the image",
                Span(name.span.start, word.span.end),
                stage=instruction.stage,
                help="leave it out: docker run --gpus, or the scheduler, says which",
            )


RULE = Rule(
    "hardcoded-gpu-devices",
    Dockerfile,
    Severity.INFO,
    why=(
        "Which GPU a container gets is the business of whoever starts it. A number in the image "
        "makes every container crowd on the same device and fail on machines where it is another "
        "one; NVIDIA_VISIBLE_DEVICES=all gives every GPU of the host to a container that asked "
        "for none, past the scheduler, wherever NVIDIA's runtime is the default. The nvidia/cuda "
        "images set it themselves, so that it is not needed there either."
    ),
    references=(
        "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html",
    ),
    aliases=("gpu/no-hardcoded-visible-devices",),
    examples=(
        bad("FROM ubuntu:24.04\nENV NVIDIA_VISIBLE_DEVICES all\n", at=[2]),
        bad("FROM ubuntu:24.04\nENV A=b \\\n  CUDA_VISIBLE_DEVICES=0,1\n", at=[3]),
        good("FROM ubuntu:24.04\nENV NVIDIA_VISIBLE_DEVICES=none CUDA_VISIBLE_DEVICES=\n"),
        good("FROM ubuntu:24.04\nENV CUDA_VISIBLE_DEVICES=$GPUS\n"),
        good("FROM ubuntu:24.04\nRUN CUDA_VISIBLE_DEVICES=-1 python3 test.py\n"),
    ),
    needs=("ENV",),
    check=check,
)
