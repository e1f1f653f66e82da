"""A build that asks for a GPU which it does not have."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

_ASKS = pattern(
    r"torch\.cuda\.(?:is_available|device_count|get_device_\w+|current_device)"
    r"|tf\.config\.list_physical_devices|tf\.test\.is_gpu_available|jax\.devices\("
)
_PYTHONS = ("python", "python3", "python2")
_MAY_FAIL = frozenset({"condition", "if"})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at nvidia-smi and at Python that asks for devices, in RUN."""
    for instruction, command in dockerfile.commands(
        "nvidia-smi", "nvidia-debugdump", "deviceQuery"
    ):
        word = command.name_word
        if instruction.cmd != "RUN" or word is None or _MAY_FAIL & set(command.context):
            continue
        if command.has("--version", "-h", "--help"):
            continue
        yield Finding(
            f"{command.name} in RUN: no GPU and no driver is there when the image is built",
            word.span,
            stage=instruction.stage,
            help="ask in the entry point or in a health check",
        )
    for instruction, command in dockerfile.commands(*_PYTHONS):
        if instruction.cmd != "RUN" or not command.has("-c"):
            continue
        for word in command.args:
            found = _ASKS.search(word.value)
            if found is not None:
                yield Finding(
                    f"{found[0].rstrip('(')} in RUN: the build has no GPU, so it says what is "
                    "not true at run time",
                    word.span,
                    stage=instruction.stage,
                    help="ask when the container starts",
                )


RULE = Rule(
    "gpu-query-in-build",
    Dockerfile,
    Severity.WARNING,
    why=(
        "BuildKit gives a RUN no GPU, and no driver: both come with the container runtime when "
        "the container starts. nvidia-smi is not found and fails the build, or, behind || true, "
        "its absence settles what is compiled; torch.cuda.is_available() says False, and a "
        "program is built for the processor that should have run on the GPU. A call in a "
        "condition is left in peace."
    ),
    references=(
        "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/index.html",
    ),
    aliases=("gpu/no-buildtime-gpu-queries",),
    examples=(
        bad("FROM nvidia/cuda:12.4.1-base\nRUN nvidia-smi\n", at=[2]),
        bad(
            "FROM nvidia/cuda:12.4.1-base\nRUN set -e; \\\n"
            "  python3 -c 'import torch; assert torch.cuda.is_available()'\n",
            at=[3],
        ),
        good("FROM nvidia/cuda:12.4.1-base\nHEALTHCHECK CMD nvidia-smi\n"),
        good("FROM nvidia/cuda:12.4.1-base\nRUN if nvidia-smi; then make gpu; fi\n"),
        good('FROM nvidia/cuda:12.4.1-base\nCMD ["nvidia-smi"]\nRUN echo nvidia-smi\n'),
    ),
    needs=("deviceQuery", "nvidia-debugdump", "nvidia-smi", "python", "python2", "python3"),
    check=check,
)
