"""conda for packages that PyPI has."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

_ON_PYPI = frozenset({"pytorch", "torch", "torchvision", "torchaudio", "tensorflow", "jax"})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at conda's installation of a GPU framework that PyPI has with its CUDA libraries."""
    for instruction, command, call in dockerfile.calls("conda"):
        if call.verb != "install":
            continue
        for word in call.packages:
            name = word.value.partition("::")[2] or word.value
            if name.partition("=")[0] in _ON_PYPI:
                yield Finding(
                    f"{command.name} installs {name}, which PyPI has with its CUDA libraries",
                    word.span,
                    stage=instruction.stage,
                    help=f"uv pip install --system {name.partition('=')[0]}",
                )
                break


RULE = Rule(
    "conda-instead-of-uv",
    Dockerfile,
    Severity.INFO,
    enabled=False,
    why=(
        "PyTorch, TensorFlow and JAX are on PyPI as wheels that bring the CUDA libraries which "
        "they need; PyTorch's makers no longer publish for conda. uv or pip install them into "
        "any Python image, without the gigabyte that conda itself and its environment cost. Off "
        "by default: conda also has compilers, R and libraries that PyPI has not, and which to "
        "take is a matter of the whole project."
    ),
    references=("https://docs.astral.sh/uv/guides/integration/pytorch/",),
    aliases=("gpu/prefer-uv-over-conda",),
    examples=(
        bad("FROM continuumio/miniconda3:24.7.1-0\nRUN conda install -y pytorch numpy\n", at=[2]),
        bad("FROM a:1\nRUN mamba install -y \\\n  -c nvidia pytorch::pytorch=2.4\n", at=[3]),
        good("FROM continuumio/miniconda3:24.7.1-0\nRUN conda install -y gdal r-base\n"),
        good("FROM python:3.13\nRUN uv pip install --system torch\n"),
    ),
    check=check,
)
