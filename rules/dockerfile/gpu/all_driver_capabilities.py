"""Every part of the GPU driver asked for."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.switches import set_variables


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at NVIDIA_DRIVER_CAPABILITIES=all in ENV."""
    if "NVIDIA_DRIVER_CAPABILITIES" not in dockerfile.text.text:
        return
    for variable in set_variables(
        dockerfile, {"NVIDIA_DRIVER_CAPABILITIES": r"(?:.*,)?all(?:,.*)?"}
    ):
        if variable.instruction.cmd == "ENV":
            yield Finding(
                "NVIDIA_DRIVER_CAPABILITIES=all brings every part of the driver in",
                variable.span,
                stage=variable.instruction.stage,
                help="name what the program needs: compute,utility for CUDA",
            )


RULE = Rule(
    "all-driver-capabilities",
    Dockerfile,
    Severity.INFO,
    why=(
        "The container runtime mounts those parts of the host's driver that "
        "NVIDIA_DRIVER_CAPABILITIES names. `all` also brings graphics, display and video "
        "libraries and devices, which a CUDA program never uses: more of the host's driver that "
        "an intruder can reach, and a container that fails to start on a server whose driver "
        "lacks them. compute,utility is what CUDA needs."
    ),
    references=(
        "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html",
    ),
    aliases=("gpu/prefer-minimal-driver-capabilities",),
    examples=(
        bad("FROM nvidia/cuda:12.4.1-base\nENV NVIDIA_DRIVER_CAPABILITIES=all\n", at=[2]),
        bad("FROM ubuntu:24.04\nENV A=b \\\n  NVIDIA_DRIVER_CAPABILITIES=all\n", at=[3]),
        good("FROM ubuntu:24.04\nENV NVIDIA_DRIVER_CAPABILITIES=compute,utility\n"),
        good("FROM ubuntu:24.04\nARG NVIDIA_DRIVER_CAPABILITIES=all\n"),
    ),
    needs=("~nvidia_driver_capabilities",),
    check=check,
)
