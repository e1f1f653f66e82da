"""No USER anywhere, and no base that is known to bring one."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Stage
from dockgate.rules.subjects.purpose import is_dev_container, only_checks
from dockgate.rules.subjects.users import base_of, has_own_user, is_root

STARTS = frozenset({"CMD", "ENTRYPOINT"})


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the final stage's FROM. Windows containers have no uid 0 and are left out.

    So is a parcel of files: an image on scratch that starts nothing runs as nobody.
    """
    stage = dockerfile.final
    if stage is None or stage.windows or stage.user_instruction is not None:
        return
    base, image = base_of(stage), stage.base_image
    if image is None and (
        has_own_user(base, dockerfile.settings.nonroot_bases) or _needs_sudo(dockerfile, stage)
    ):
        return
    if base.name == "scratch" and not any(i.cmd in STARTS and i.values for i in stage.history()):
        return
    name = (base.name or base.raw).partition("@")[0]
    whose = "root: scratch has no other" if name == "scratch" else f"{name} does, most likely root"
    if image is not None:
        if not is_root(image.user):
            return
        said = f"USER {image.user}" if image.user else "no USER either"
        whose = f"root: {name} has {said}"
    yield Finding(
        f"no USER is set, so the image runs as {whose}",
        stage.base.span,
        stage=stage,
        help="add a USER that is not root to the end of the final stage: USER 10001",
        at_most=Severity.INFO
        if is_dev_container(dockerfile) or only_checks(dockerfile, stage)
        else None,
    )


def _needs_sudo(dockerfile: Dockerfile, stage: Stage) -> bool:
    """Whether the stage's own steps work through sudo: then its base runs as somebody else.

    The official images of Docker Hub are root, whatever a step may say.
    """
    base = base_of(stage)
    if base.normalised.startswith("docker.io/library/") or "sudo" not in dockerfile.text.text:
        return False
    shipped = list(stage.chain())
    return any(
        wrapper.name == "sudo" and not wrapper.has("-u", "--user")
        for instruction, command in dockerfile.commands()
        if instruction.cmd == "RUN" and instruction.stage in shipped
        for wrapper in command.wrappers
    )


RULE = Rule(
    "missing-user",
    Dockerfile,
    Severity.ERROR,
    why=(
        "Without a USER the container runs as whoever the base image names, and nearly all name "
        "nobody, which is root. The person who starts the container does not see it; the one who "
        "breaks into it is uid 0 at once. An image that drops root in its entry script should "
        "still say so, since Kubernetes' runAsNonRoot and most scanners read the image "
        "configuration only. Bases that are known to set a user, or whose heirs need "
        "sudo, are left in peace; with --resolve "
        "the base itself is asked whom it runs as. It is a hint for dev containers, whose user "
        "devcontainer.json names, and for a last stage that only tests or validates."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#user",
        "https://docs.docker.com/reference/dockerfile/#user",
        "CIS Docker 1.6 4.1",
        "CWE-250",
    ),
    aliases=(
        "DS-0002",
        "CKV_DOCKER_3",
        "missing_user_instruction",
        "missing-user",
        "missing-user-entrypoint",
        "CIS-DI-0001",
        "DF020",
    ),
    examples=(
        bad('FROM debian:12\nCMD ["app"]\n', at=[1]),
        bad("FROM debian:12 AS build\nUSER app\nFROM debian:12\nCOPY --from=build /a /a\n", at=[3]),
        bad('FROM scratch\nCOPY app /\nENTRYPOINT ["/app"]\n', at=[1]),
        bad("FROM gcr.io/distroless/static:latest\n", at=[1]),
        good("FROM debian:12\nUSER 10001\n"),
        good("FROM scratch\nCOPY out/ /\n"),
        good("FROM scratch\nENTRYPOINT []\nCMD []\nCOPY out/ /\n"),
        good("FROM debian:12 AS base\nUSER app\nFROM base\nRUN true\n"),
        good("FROM gcr.io/distroless/static-debian12:nonroot\n"),
        good("FROM nginxinc/nginx-unprivileged:1.27\n"),
        good("FROM cgr.dev/chainguard/python:latest\n"),
        good("FROM example/stack:1\nRUN sudo apt-get update\n"),
        bad("FROM example/stack:1\nRUN sudo -u app make\n", at=[1]),
        bad("FROM debian:12\nRUN apt-get install -y sudo && sudo true\n", at=[1]),
        good("FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\n"),
    ),
    check=check,
)
