"""No HEALTHCHECK in the image."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.purpose import exposes, is_dev_container, is_to_work_in, may_serve
from dockgate.rules.subjects.users import base_of


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the final stage's FROM; HEALTHCHECK NONE is a decision, too.

    An image on scratch without CMD and ENTRYPOINT is a parcel of files that nobody starts, and one
    that starts a shell is a place to work in. A base image that is known counts with what it has
    of all these. Where nothing tells that it is a service, it is a hint.
    """
    stage = dockerfile.final
    if stage is None or stage.healthcheck is not None or is_dev_container(dockerfile):
        return
    if is_to_work_in(stage) and not exposes(stage):
        return
    base, image = base_of(stage), stage.base_image
    if image is not None and image.healthcheck is not None:
        return
    starts = any(i.cmd in ("CMD", "ENTRYPOINT") and i.values for i in stage.history())
    if starts or (base.name != "scratch" if image is None else image.starts):
        neither = f", nor has {base.name}" if image is not None else ""
        yield Finding(
            f"the image has no HEALTHCHECK{neither}",
            stage.base.span,
            stage=stage,
            help="add HEALTHCHECK CMD […], or HEALTHCHECK NONE where the platform has its own",
            at_most=None if may_serve(dockerfile, stage) else Severity.INFO,
        )


RULE = Rule(
    "missing-healthcheck",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Without a health check Docker, Compose and Swarm know only whether the process exists. "
        "One that hangs, has lost its database or answers nothing but errors keeps getting "
        "traffic and is never restarted; the first to notice are its users. Kubernetes has probes "
        "of its own and ignores this one: HEALTHCHECK NONE says that it was thought of. Images "
        "that open a shell or idle and expose no port, and dev containers, have no service to ask. "
        "It is a hint where nothing tells that the image serves anybody (no port, no known "
        "server, no program of its own), and for source-to-image builders."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#healthcheck",
        "CIS Docker 1.6 4.6",
    ),
    aliases=(
        "DL3057",
        "DS-0026",
        "CKV_DOCKER_2",
        "healthcheck_instruction_missing",
        "CIS-DI-0006",
        "DF012",
        "ruby/healthcheck-rails-up-endpoint",
    ),
    examples=(
        bad('FROM debian:12\nCMD ["app"]\n', at=[1]),
        bad(
            "FROM debian:12 AS a\nHEALTHCHECK CMD true\nFROM debian:12\nCOPY --from=a /a /\n",
            at=[3],
        ),
        bad('FROM scratch\nCOPY app /\nENTRYPOINT ["/app"]\n', at=[1]),
        good("FROM debian:12\nHEALTHCHECK CMD /app/health\n"),
        good("FROM debian:12\nHEALTHCHECK NONE\n"),
        good("FROM debian:12 AS a\nHEALTHCHECK CMD true\nFROM a\nRUN true\n"),
        good("FROM scratch\nCOPY out/ /\n"),
        good('FROM debian:12\nCMD ["/bin/bash", "-l"]\n'),
        good("FROM debian:12\nCMD bash\n"),
        good("FROM debian:12\nCMD sleep infinity\n"),
        good("FROM scratch\nENTRYPOINT []\nCMD []\nCOPY out/ /\n"),
        bad('FROM debian:12\nEXPOSE 80\nCMD ["bash"]\n', at=[1]),
        bad('FROM debian:12\nCMD ["bash", "/serve.sh"]\n', at=[1]),
    ),
    check=check,
)
