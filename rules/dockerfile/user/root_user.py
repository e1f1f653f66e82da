"""The image's last USER is root."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.purpose import is_dev_container
from dockgate.rules.subjects.users import base_of, is_root


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the USER in force at the end of the final stage, be it a parent stage's."""
    stage = dockerfile.final
    instruction = stage.user_instruction if stage else None
    if stage is None or instruction is None or not instruction.words:
        return
    if not is_root(stage.user, windows=stage.windows):
        return
    nobody = not stage.user.partition(":")[0]
    known = stage.base_image is not None or base_of(stage).name == "scratch"
    if nobody and instruction.undefined and not known:
        return  # an ENV of the base image may give it
    word, means = instruction.words[0], ""
    if nobody:
        means = ", empty unless --build-arg gives it, and an empty user is root"
    elif "$" in word.value:
        means = f", which is {stage.user}"
    yield Finding(
        f"the image runs as root: its last USER is {word.value}{means}",
        word.span,
        stage=instruction.stage,
        help="end the final stage with a USER that is not root, best a number: USER 10001",
        at_most=Severity.INFO if is_dev_container(dockerfile) else None,
    )


RULE = Rule(
    "root-user",
    Dockerfile,
    Severity.ERROR,
    why=(
        "A process that runs as root in a container is uid 0 to the kernel. Whoever breaks into "
        "it may change every file of the image, install tools, use the capabilities that root "
        "keeps by default, and owns the host with the next kernel or runtime hole or a careless "
        "mount. Kubernetes refuses such an image where runAsNonRoot is set. Build steps may need "
        "root; the last USER of the final stage decides what runs. 0, 00, 0:0 and root:group are "
        "root as well."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#user",
        "https://docs.docker.com/build/building/best-practices/#user",
        "CIS Docker 1.6 4.1",
        "CWE-250",
    ),
    aliases=(
        "DL3002",
        "DS-0002",
        "CKV_DOCKER_8",
        "last_user_is_root",
        "last-user-is-root",
        "CIS-DI-0001",
        "stateful-root-runtime",
        "DF002",
    ),
    examples=(
        bad("FROM debian:12\nUSER root\n", at=[2]),
        bad("FROM debian:12\nUSER app\nUSER 0:0\n", at=[3]),
        bad("FROM debian:12\nUSER root:app\n", at=[2]),
        bad("FROM debian:12\nUSER 00\n", at=[2]),
        bad('FROM debian:12\nUSER "root"\n', at=[2]),
        bad("FROM debian:12\nARG RUN_AS=0\nUSER ${RUN_AS}\n", at=[3]),
        bad("FROM debian:12\nENV RUN_AS=root\nUSER $RUN_AS:app\n", at=[3]),
        bad("FROM debian:12\nARG RUN_AS\nUSER ${RUN_AS}\n", at=[3]),
        bad("FROM scratch\nUSER $NOBODY_SET_THIS\n", at=[2]),
        bad("FROM debian:12 AS base\nUSER root\nFROM base\nRUN true\n", at=[2]),
        good("FROM debian:12\nUSER root\nRUN true\nUSER app\n"),
        good("FROM golang:1.23 AS build\nUSER root\nFROM debian:12\nUSER 10001\n"),
        good("FROM debian:12\nUSER 1000:0\n"),
        good("FROM quay.io/jupyter/base-notebook:1\nUSER root\nUSER ${NB_UID}\n"),
        good("FROM debian:12\nUSER rootless\n"),
        good("FROM debian:12\nARG UID=1000\nUSER ${UID:-0}\n"),
    ),
    needs=("USER",),
    check=check,
)
