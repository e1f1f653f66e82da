"""A health check whose command no container can start."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.image._programs import elf, script
from dockgate.rules.image.config import _start
from dockgate.rules.rule import File, Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image


def check(image: Image) -> Iterator[Finding]:
    """One finding where the engine could not start it."""
    fault = _start.healthcheck(image).fault
    if fault:
        yield Finding(
            f"health check always fails: {fault}",
            help="ask with a program that is in the final stage, or install the one you name",
        )


_SHELL = {"bin/busybox": elf(), "bin/sh": File(link="busybox")}
_CURL = {"Healthcheck": {"Test": ["CMD-SHELL", "curl -f http://localhost/ || exit 1"]}}

RULE = Rule(
    "image-healthcheck-cannot-run",
    Image,
    Severity.WARNING,
    why=(
        "A health check whose command is not in the image fails every time: the container is "
        "`unhealthy` from its third check on, and an orchestrator that trusts it stops a service "
        "that works, again and again. Nothing tells while the image is built. `curl` is the usual "
        "one: slim images do not have it, and distroless ones have no shell for the shell form."
    ),
    check=check,
    references=(
        "https://docs.docker.com/reference/dockerfile/#healthcheck",
        "CIS Docker 1.6 4.6",
    ),
    aliases=("CIS-DI-0006",),
    examples=(
        bad_image(_SHELL, config=_CURL, found=["config"]),
        bad_image({"app": elf()}, config=_CURL, found=["config"]),
        bad_image(
            {"check": script(mode=0o644), **_SHELL},
            config={"Healthcheck": {"Test": ["CMD", "/check"]}},
            found=["config"],
        ),
        good_image({"usr/bin/curl": elf(), **_SHELL}, config=_CURL),
        good_image(_SHELL, config={"Healthcheck": {"Test": ["CMD-SHELL", "test -f /tmp/ok"]}}),
        good_image({"app": elf()}, config={"Healthcheck": {"Test": ["CMD", "/app", "health"]}}),
        good_image({"app": elf()}, config={"Healthcheck": {"Test": ["NONE"]}}),
    ),
)
