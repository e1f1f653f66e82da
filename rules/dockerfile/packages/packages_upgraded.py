"""All packages of the base image brought up in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.apt import shipping
from dockgate.rules.subjects.dockerfile import Dockerfile

MANAGERS = ("apt", "apk", "yum", "dnf", "microdnf", "tdnf", "zypper")


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at upgrade (yum, dnf: also update) without package names, in the stages that ship."""
    ships = shipping(dockerfile)
    for instruction, command, call in dockerfile.calls(*MANAGERS):
        if call.verb not in ("upgrade", "safe-upgrade", "patch") or call.packages:
            continue
        if instruction.stage is None or instruction.stage.index not in ships:
            continue
        yield Finding(
            f"{command.name} {call.verb_word.value} brings up every package of the base image, "
            "once, until this layer leaves the cache",
            call.verb_word.span,
            stage=instruction.stage,
            help="move to a newer base image by its digest, or upgrade the packages you need",
        )


RULE = Rule(
    "packages-upgraded",
    Dockerfile,
    Severity.INFO,
    why=(
        "An upgrade of everything makes an image that nobody can build again, stores each "
        "replaced file a second time, and promises more than it holds: BuildKit runs it once and "
        "then takes the layer from its cache, so that the fixes of next week are missed until "
        "somebody builds with --no-cache. A rebuild on the newest base, pinned by digest, brings "
        "the same fixes and is repeatable. Where the base's maintainers are slow an upgrade may "
        "be right: so this is only a hint, and upgrading named packages is left in peace."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#rebuild-your-images-often",
        "CIS Docker 1.6 4.4",
    ),
    aliases=(
        "avoid-apt-get-upgrade",
        "DKL-DI-0003",
        "apt-get-upgrade",
        "avoid-apk-upgrade",
        "avoid-yum-update",
        "avoid-dnf-update",
        "avoid-zypper-update",
    ),
    examples=(
        bad("FROM debian:12\nRUN apt-get update && apt-get -y upgrade\n", at=[2]),
        bad("FROM alpine:3.20\nRUN apk add --no-cache a && \\\n    apk -U upgrade\n", at=[3]),
        bad("FROM centos:7\nRUN yum -y update && yum clean all\n", at=[2]),
        bad("FROM opensuse/leap:15\nRUN zypper -n up\n", at=[2]),
        good("FROM debian:12\nRUN apt-get update && apt-get install -y --only-upgrade libc6\n"),
        good("FROM alpine:3.20\nRUN apk update && apk upgrade --no-cache libssl3\n"),
        good("FROM fedora:41\nRUN dnf -y upgrade openssl && dnf makecache\n"),
        good("FROM node:22\nRUN npm update && pip install --upgrade pip\n"),
    ),
    needs=("apk", "apt", "dnf", "microdnf", "tdnf", "yum", "zypper"),
    check=check,
)
