"""The base image's packages replaced, removed and added at will."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile

MANAGERS = ("apt", "yum", "dnf", "tdnf", "zypper")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at apt-get dist-upgrade, full-upgrade, zypper dup, dnf distro-sync and their like."""
    for instruction, command, call in dockerfile.calls(*MANAGERS):
        verb = call.verb_word.value
        if call.verb == "dist-upgrade" or verb == "system-upgrade":
            yield Finding(
                f"{command.name} {verb} may add, remove and replace any package of the base image",
                call.verb_word.span,
                stage=instruction.stage,
                help="take the base image of the release that you want",
            )


RULE = Rule(
    "distribution-upgraded",
    Dockerfile,
    Severity.INFO,
    why=(
        "dist-upgrade, full-upgrade, zypper dup and dnf distro-sync bring every package to what "
        "the repositories hold today and may install and remove whatever that needs, even what "
        "the image is made for; with other repositories they move to another release. Nobody can "
        "build it again, all replaced files are stored twice, and a tag such as debian:11 no "
        "longer says what is in it. A newer base image is smaller, tested as a whole and pinned "
        "by one digest. A hint as packages-upgraded: it may be the way to a fix that the base's "
        "maintainers have not shipped yet."
    ),
    references=(
        "https://manpages.debian.org/stable/apt/apt-get.8.en.html",
        "https://docs.docker.com/build/building/best-practices/#rebuild-your-images-often",
    ),
    aliases=("DS-0024", "apt-get-dist-upgrade", "DL3035", "DF044"),
    examples=(
        bad("FROM debian:12\nRUN apt-get update && apt-get -y dist-upgrade\n", at=[2]),
        bad("FROM opensuse/leap:15\nRUN zypper ref && \\\n    zypper -n dup\n", at=[3]),
        bad("FROM debian:12\nRUN apt full-upgrade -y\n", at=[2]),
        bad("FROM fedora:41\nRUN dnf -y distro-sync\n", at=[2]),
        good("FROM debian:12\nRUN apt-get update && apt-get -y upgrade\n"),
        good("FROM debian:12\nRUN apt-get install -y dist-upgrade-tool\n"),
        good("FROM opensuse/leap:15\nRUN zypper -n patch && echo zypper dup\n"),
    ),
    needs=("apt", "dnf", "tdnf", "yum", "zypper"),
    check=check,
)
