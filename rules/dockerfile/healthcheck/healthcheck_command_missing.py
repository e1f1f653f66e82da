"""A HEALTHCHECK whose command is not in the image."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.data import load
from dockgate.rules.pattern import glob
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Stage
from dockgate.rules.subjects.images import matches_any
from dockgate.rules.subjects.installed import inventory
from dockgate.rules.subjects.users import base_of

#: A COPY to one of these may bring any program; below /app or /etc it may not.
_PROGRAMS = ("/", "/bin", "/sbin", "/usr", "/opt", "/lib", "/busybox", "/nix")


def _lacks(stage: Stage) -> frozenset[str]:
    """The commands that the stage's base is known to lack."""
    base = base_of(stage)
    entries = load("health-tools")["lacking"]
    if base.name == "scratch":
        return frozenset({"shell"}.union(*(entry["commands"] for entry in entries)))
    for entry in entries:
        if base.is_image and not base.undefined and matches_any(base, entry["images"]):
            return frozenset(entry["commands"])
    return frozenset()


def _copied(instruction: Instruction, tool: str) -> bool:
    target = instruction.values[-1].rstrip("/") or "/"
    if any(value.rstrip("/").rpartition("/")[2] == tool for value in instruction.values):
        return True
    near = target == "/" or any(target == p or target.startswith(p + "/") for p in _PROGRAMS[1:])
    return near or "$" in target or not target.startswith("/")


def _may_bring(stage: Stage, tool: str) -> bool:
    """Whether a step may put the command there: when unsure, yes."""
    installed = inventory(stage)
    patterns = load("health-tools")["packages"].get(tool, [])
    if installed.unsure or any(glob(n, p) for n in installed.packages for p in patterns):
        return True
    for instruction in stage.history():
        if instruction.cmd in ("COPY", "ADD") and _copied(instruction, tool):
            return True
        if instruction.cmd == "RUN" and instruction.script is not None:
            for command in instruction.script.commands:
                if any(w.value.endswith("/" + tool) for w in command.args):
                    return True
    return False


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the command's word, or at the keyword where an image has no shell to run it."""
    stage = dockerfile.final
    instruction = stage.healthcheck if stage else None
    script = instruction.script if instruction else None
    if stage is None or instruction is None or script is None or stage.windows:
        return
    lacks, base = _lacks(stage), base_of(stage).name
    if "shell" in lacks and not instruction.json and not _may_bring(stage, "sh"):
        yield Finding(
            f"HEALTHCHECK in shell form needs /bin/sh, which {base} does not have",
            instruction.keyword,
            stage=instruction.stage,
            help='COPY a static health program and write HEALTHCHECK CMD ["/health"]',
        )
        return
    for command in script.commands:
        name = command.name_word
        if name is not None and command.name in lacks and not _may_bring(stage, command.name):
            yield Finding(
                f"HEALTHCHECK runs {command.name}, which {base} lacks and no step installs",
                name.span,
                stage=instruction.stage,
                help=f"install {command.name} in this stage, or ask with what the image has",
            )


RULE = Rule(
    "healthcheck-command-missing",
    Dockerfile,
    Severity.WARNING,
    why=(
        "Slim, Alpine and distroless bases hold no curl, some no wget, some no shell at all. A "
        "check that cannot start counts as failed: the container is unhealthy from its first "
        "minute, and Swarm or an auto-healer restarts a program that is well, again and again. "
        "Commands that are installed and taken away again, as build packages are, do not count. "
        "The rule speaks only where the base is known and nothing may have brought the command."
    ),
    references=(
        "https://docs.docker.com/reference/dockerfile/#healthcheck",
        "CIS Docker 1.6 4.6",
    ),
    examples=(
        bad("FROM alpine:3.20\nHEALTHCHECK CMD curl -f http://localhost/ || exit 1\n", at=[2]),
        bad(
            'FROM python:3.13-slim\nHEALTHCHECK --interval=9s \\\n CMD ["wget", "-q", "x"]\n',
            at=[3],
        ),
        bad(
            "FROM debian:12 AS base\nRUN apt-get update && apt-get install -y curl \\\n"
            " && apt-get purge -y curl\nFROM base\nHEALTHCHECK CMD curl http://localhost/\n",
            at=[5],
        ),
        bad(
            "FROM alpine:3.20\nRUN apk add --virtual .d curl && curl x.org/a && apk del .d\n"
            "HEALTHCHECK CMD curl http://localhost/\n",
            at=[3],
        ),
        bad("FROM scratch\nCOPY app /srv/app\nHEALTHCHECK CMD /srv/app --health\n", at=[3]),
        good("FROM alpine:3.20\nRUN apk add curl=8.9\nHEALTHCHECK CMD curl localhost\n"),
        good("FROM alpine:3.20\nHEALTHCHECK CMD wget -qO- http://localhost/\n"),
        good("FROM node:22\nHEALTHCHECK CMD curl -f http://localhost/\n"),
        good(
            "FROM debian:12\nENV DEPS='git curl'\nRUN apt-get install -y $DEPS\n"
            "HEALTHCHECK CMD curl x\n"
        ),
        good("FROM debian:12\nRUN ./install.sh\nHEALTHCHECK CMD curl localhost\n"),
        good("FROM scratch\nCOPY rootfs/ /\nHEALTHCHECK CMD curl localhost\n"),
        good('FROM scratch\nCOPY app /srv/app\nHEALTHCHECK CMD ["/srv/app", "--health"]\n'),
        good("FROM debian:12\nHEALTHCHECK CMD curl x\nHEALTHCHECK NONE\n"),
    ),
    needs=("HEALTHCHECK",),
    check=check,
)
