"""A base image made for another processor than the stage says."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Reference, Stage

#: Docker Hub's organisations for one processor each, by Go's name of it.
_ORGANISATIONS = {
    "amd64": "amd64",
    "arm32v5": "arm",
    "arm32v6": "arm",
    "arm32v7": "arm",
    "arm64v8": "arm64",
    "i386": "386",
    "mips64le": "mips64le",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
}


def _made_for(base: Reference) -> str | None:
    organisation, slash, _ = base.repository.partition("/")
    return _ORGANISATIONS.get(organisation) if slash and base.registry == "docker.io" else None


def _pulled(stage: Stage) -> tuple[str, str]:
    """What the base is for and what it should be for, where a registry has told."""
    image = stage.base_image
    if image is None or not image.architecture or not image.platform:
        return "", ""
    made_for = f"{image.os}/{image.architecture}"
    return made_for, "/".join(image.platform.split("/")[:2])


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire where the platform asked for is not that of the image, as far as it is known.

    Known is what a registry has told, as BuildKit's InvalidBaseImagePlatform has it, or what the
    organisation on Docker Hub stands for, where --platform says what is wanted.
    """
    for stage in dockerfile.stages:
        if not stage.base.is_image:
            continue
        made_for, wanted = _pulled(stage)
        if not made_for:
            made_for, wanted = _made_for(stage.base) or "", stage.architecture
        if made_for and wanted and made_for != wanted:
            yield Finding(
                f"{stage.base.name} is for {made_for}, not for {stage.platform or wanted}",
                stage.base.span,
                stage=stage,
                help="take an image that exists for this platform",
            )


RULE = Rule(
    "base-platform-mismatch",
    Dockerfile,
    Severity.WARNING,
    why=(
        "BuildKit takes an image that exists for one platform only, even if another is asked "
        "for, and goes on: the programs in it do not run (exec format error), or run emulated, "
        "and the image is labelled with a platform that it is not for. What an image really is "
        "only a registry can tell (--resolve); from the text alone it is known of the "
        "organisations on Docker Hub with one processor in their name (arm64v8, i386, s390x)."
    ),
    references=(
        "https://docs.docker.com/reference/build-checks/invalid-base-image-platform/",
        "https://github.com/docker-library/official-images#architectures-other-than-amd64",
    ),
    aliases=("InvalidBaseImagePlatform", "platform-mismatch"),
    examples=(
        bad("FROM --platform=linux/amd64 arm64v8/debian:12\n", at=[1]),
        bad("ARG P=linux/arm64\nFROM --platform=$P docker.io/i386/alpine:3.20 AS b\n", at=[2]),
        good("FROM --platform=linux/arm64 arm64v8/debian:12\n"),
        good("FROM --platform=linux/arm/v7 arm32v7/debian:12\n"),
        good("FROM arm64v8/debian:12\n"),
        good("FROM --platform=linux/amd64 ghcr.io/arm64v8/debian:12\n"),
    ),
    check=check,
)
