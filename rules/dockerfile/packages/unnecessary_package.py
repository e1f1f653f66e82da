"""Tools for people in an image for a program."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.data import load
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.installed import inventory


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """One finding, at the first such package that the final stage still has at its end."""
    stage = dockerfile.final
    if stage is None or stage.windows or "devcontainer" in dockerfile.path:
        return
    known = load("packages-for-people")["packages"]
    found = [p for p in inventory(stage).packages.values() if p.name in known]
    if found:
        names = ", ".join(package.name for package in found)
        yield Finding(
            f"for people, not for the program, but shipped: {names}",
            found[0].word.span,
            stage=found[0].instruction.stage,
            help="leave them out: debug with `docker debug` or an ephemeral container",
        )


RULE = Rule(
    "unnecessary-package",
    Dockerfile,
    Severity.INFO,
    why=(
        "Editors, terminal multiplexers, network sniffers, debuggers and login servers do "
        "nothing for the program in the image. They are downloaded by every node, need patches, "
        "make scanners report holes, and an intruder finds his tools already there. Whoever has "
        "to look into a running container can bring tools along: docker debug, kubectl debug or "
        "nsenter from the host. Development containers are left in peace by their path."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#dont-install-unnecessary-packages",
        "CIS Docker 1.6 4.3",
    ),
    aliases=("CIS-DI-0003",),
    examples=(
        bad("FROM debian:12\nRUN apt-get install -y curl vim\n", at=[2]),
        bad("FROM alpine:3.20\nRUN apk add --no-cache \\\n  nano \\\n  openssh-server\n", at=[3]),
        good("FROM debian:12\nRUN apt-get install -y vim && apt-get purge -y vim\n"),
        good("FROM debian:12 AS b\nRUN apt-get install -y gdb\nFROM scratch\nCOPY --from=b / /\n"),
        good("FROM debian:12\nRUN apt-get install -y curl libvim-dev && echo vim\n"),
    ),
    check=check,
)
