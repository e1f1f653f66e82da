"""An index update in a RUN of its own."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.caches import APK, REMOVERS, YUM, ZYPPER, removes
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.installed import installs_unseen
from dockgate.rules.subjects.packages import PackageCall
from dockgate.rules.subjects.shell import Command

MANAGERS = ("apt", "apk", "yum", "dnf", "microdnf", "tdnf", "zypper")
_CACHES = {"apk": APK, "zypper": ZYPPER, "yum": YUM}
#: Verbs that do not look into the index.
_IGNORANT = frozenset({"update", "clean", "remove", "purge", "autoremove", "autoclean", "version"})

#: Commands that call apt and its like themselves.
_INSTALLERS = frozenset(
    {"aptitude", "gdebi", "npx", "playwright", "rosdep", "install_packages", "clean-install"}
    | {"install-php-extensions", "unminimize", "mk-build-deps", "R", "Rscript", "install2.r"}
)


def _fetches(call: PackageCall) -> bool:
    """Whether it is an update of the index: for yum and dnf `update`, which also upgrades.

    Their makecache is none: they fetch again by themselves what has expired.
    """
    if call.manager in YUM.managers:
        return call.verb_word.value in ("update", "upgrade") and not call.packages
    return call.verb == "update"


def _family(manager: str) -> str:
    return "yum" if manager in YUM.managers else manager


def _uses(command: Command) -> str:
    """The family of managers whose index it uses or takes away, "*" for any, "" for none."""
    call = command.package_call
    if call is None:
        name = command.name
        if name in REMOVERS:
            return next((m for m, cache in _CACHES.items() if removes(command, cache)), "")
        if any(manager in name for manager in MANAGERS):
            return "" if name in ("apt-key", "apt-mark") else "*"
        return "*" if name in _INSTALLERS or installs_unseen(command) else ""
    if call.manager not in MANAGERS:
        return ""
    cache = _CACHES.get(_family(call.manager))
    used = call.verb not in _IGNORANT or (cache is not None and removes(command, cache))
    return _family(call.manager) if used or _fetches(call) else ""


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at an update after which its own RUN neither installs nor takes the index away."""
    found = [(i, call) for i, _, call in dockerfile.calls(*MANAGERS) if _fetches(call)]
    for instruction in {id(i): i for i, _ in found}.values():
        used: set[str] = set()
        commands = instruction.script.commands if instruction.script is not None else []
        for command in reversed(commands):
            call = command.package_call
            update = call is not None and call.manager in MANAGERS and _fetches(call)
            if call is not None and update and used.isdisjoint(("*", _family(call.manager))):
                verb = f"{command.name} {call.verb_word.value}"
                yield Finding(
                    f"{verb} in a RUN that installs nothing: once cached, it never runs again, "
                    "and later steps install from an old index",
                    call.verb_word.span,
                    stage=instruction.stage,
                    help=f"put {verb} before the installation in the same RUN",
                )
            family = _uses(command)
            if family:
                used.add(family)


RULE = Rule(
    "index-update-alone",
    Dockerfile,
    Severity.WARNING,
    why=(
        "BuildKit caches each RUN by its text. An update that stands alone runs once and never "
        "again, while the RUN that installs changes: then apt asks the mirror for versions that "
        "are long gone and the build fails with 404, or an old version with known holes is "
        "installed without a word. What `yum update` and `dnf update` fetch is kept in the layer "
        "as well, and the upgrade that they make is as old as the cache. Where nothing installs "
        "at all, the index is only weight."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#apt-get",
        "CIS Docker 1.6 4.7",
    ),
    aliases=(
        "DS-0017",
        "CKV_DOCKER_5",
        "update_instruction_alone",
        "CIS-DI-0007",
        "DF028",
        "apt-get-update_require_install",
    ),
    examples=(
        bad("FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\n", at=[2]),
        bad("FROM debian:12\nRUN apt-get install -y a \\\n && apt-get update\n", at=[3]),
        bad("FROM alpine:3.20\nRUN apk update\nRUN apk add nginx\n", at=[2]),
        bad("FROM centos:7\nRUN yum -y update\nRUN yum -y install nginx\n", at=[2]),
        bad("FROM opensuse/leap:15\nRUN zypper ref\nRUN zypper -n in a\n", at=[2]),
        good("FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"),
        good("FROM debian:12\nRUN apt-get update; if true; then apt-get -y upgrade; fi\n"),
        good("FROM debian:12\nRUN apt-get update && ./install-packages.sh\n"),
        good("FROM debian:12\nRUN apt-get update -q && apt-get update && apt-get install -y x\n"),
        good("FROM alpine:3.20\nRUN apk add --update nginx\n"),
        good("FROM debian:12\nRUN apt-get update && xx-apt-get install -y libc6-dev\n"),
        good("FROM fedora:41\nRUN dnf makecache\nRUN dnf install -y a\n"),
        good("FROM fedora:41\nRUN dnf -y upgrade && dnf clean all\nRUN dnf update -y bash\n"),
    ),
    needs=("apk", "apt", "dnf", "microdnf", "tdnf", "yum", "zypper"),
    check=check,
)
