"""The host's part of GPU support installed into the image."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

_HOST = pattern(
    r"(?:nvidia-(?:container-(?:toolkit|runtime)(?:-\w+)?|docker2?|driver-\d+\S*|dkms-\d+\S*)"
    r"|libnvidia-container(?:\d|-tools)|cuda-drivers(?:-\d+)?)(?:[=-]\d.*)?"
)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at each package of the driver or the container toolkit that a RUN installs."""
    for instruction, _, call in dockerfile.calls("apt", "yum", "dnf", "microdnf", "zypper", "apk"):
        for word in call.packages if call.verb == "install" else ():
            if _HOST.fullmatch(word.value):
                yield Finding(
                    f"{word.value} belongs on the host: in an image it does nothing, or harm",
                    word.span,
                    stage=instruction.stage,
                    help="install it on the host; the image needs the CUDA libraries only",
                )


RULE = Rule(
    "container-runtime-in-image",
    Dockerfile,
    Severity.WARNING,
    why=(
        "The NVIDIA container toolkit runs on the host: it puts the host's driver into the "
        "container when that starts. Within an image it cannot act, and a driver installed there "
        "hides or contradicts the host's: `Driver/library version mismatch`. Both are hundreds "
        "of megabytes and, as software made to run as root, holes to patch. Images that run "
        "containers themselves (Docker in Docker, node images) need an ignore with that reason."
    ),
    references=(
        "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html",
    ),
    aliases=("gpu/no-container-runtime-in-image",),
    examples=(
        bad("FROM ubuntu:24.04\nRUN apt-get install -y nvidia-container-toolkit\n", at=[2]),
        bad(
            "FROM ubuntu:24.04\nRUN apt-get install -y \\\n  curl \\\n  nvidia-driver-535\n", at=[4]
        ),
        bad("FROM rockylinux:9\nRUN dnf install -y nvidia-docker2 cuda-drivers\n", at=[2, 2]),
        good("FROM nvidia/cuda:12.4.1-base\nRUN apt-get install -y libcudnn9-cuda-12\n"),
        good("FROM ubuntu:24.04\nRUN apt-get purge -y nvidia-driver-535 && apt-get update\n"),
    ),
    needs=("apk", "apt", "dnf", "microdnf", "yum", "zypper"),
    check=check,
)
