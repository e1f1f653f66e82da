"""apt's package lists left in a layer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.packages._edits import at_end
from dockgate.rules.pattern import pattern
from dockgate.rules.rule import Finding, Rule, Severity, bad, good
from dockgate.rules.subjects import apt
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.shell import Command

LISTS = "/var/lib/apt/lists"
#: `/var/lib/apt`, `/var/lib/{apt,dpkg}/lists/*`, `/var/lib/*`, …
_REMOVED = pattern(r"/var/lib/(?:apt|\{[^}]{0,99}\bapt\b[^}]{0,99}\}|\*)(?:/(?:lists.*|\*|\{.*)?)?")


def _removes(command: Command) -> bool:
    if command.name in ("rm", "find", "truncate", "shred"):
        return any(_REMOVED.fullmatch(word.value) for word in command.args)
    if command.name in ("apt-get", "apt") and command.package_call is not None:
        return command.package_call.verb_word.value in ("distclean", "dist-clean")
    return False


def _mounted(instruction: Instruction) -> bool:
    targets = [
        mount.get("target") or mount.get("dst") or mount.get("destination") or ""
        for mount in instruction.mounts
        if mount["type"] in ("cache", "tmpfs")
    ]
    return any((LISTS + "/").startswith(target.rstrip("/") + "/") for target in targets if target)


def check(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Fire at the first `update` of a RUN that ships and does not remove the lists after it."""
    done: set[int] = set()
    ships = apt.shipping(dockerfile)
    for instruction, command, call in apt.calls(dockerfile):
        if call.verb_word.value != "update" or id(instruction) in done:
            continue
        done.add(id(instruction))
        script = instruction.script
        if instruction.cmd != "RUN" or script is None or _mounted(instruction):
            continue
        if instruction.stage is None or instruction.stage.index not in ships:
            continue
        after = [c for c in script.commands if c.span.start > command.span.start]
        if not any(_removes(c) for c in after):
            yield Finding(
                f"{command.name} update leaves its lists in this layer",
                call.verb_word.span,
                stage=instruction.stage,
                help=f"end the same RUN with rm -rf {LISTS}/*: a later one cannot shrink the layer",
                fixes=at_end(instruction, f"rm -rf {LISTS}/*", "remove the lists in the same RUN"),
            )


RULE = Rule(
    "apt-lists-not-removed",
    Dockerfile,
    Severity.INFO,
    why=(
        "apt-get update writes 20 to 50 MB of package lists, which nobody needs after the "
        "installation but everybody pulls. A layer only ever adds: lists removed in a later RUN "
        "are hidden, not gone. Old lists also let a later apt-get install ask for versions that "
        "the mirror no longer has. A cache or tmpfs mount on the folder keeps them out as well. "
        "The fix is unsafe because a later RUN may install from these lists."
    ),
    references=(
        "https://docs.docker.com/build/building/best-practices/#apt-get",
        "CIS Docker 1.6 4.3",
    ),
    aliases=(
        "DL3009",
        "apt_get_install_lists_were_not_deleted",
        "remove-package-lists",
        "remove-package-cache",
        "DKL-DI-0005",
        "DF004",
        "apt-get_missing_rm",
    ),
    examples=(
        bad(
            "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
            at=[2],
            fixed=(
                "FROM debian:12\nRUN apt-get update && apt-get install -y curl"
                " && rm -rf /var/lib/apt/lists/*\n"
            ),
        ),
        bad(
            "FROM debian:12\nRUN apt-get update; \\\n    apt-get install -y curl;\n"
            "RUN rm -rf /var/lib/apt/lists/*\n",
            at=[2],
            fixed=(
                "FROM debian:12\nRUN apt-get update; \\\n    apt-get install -y curl;"
                " rm -rf /var/lib/apt/lists/*\nRUN rm -rf /var/lib/apt/lists/*\n"
            ),
        ),
        bad("FROM debian:12\nRUN rm -rf /var/lib/apt/lists/* && apt-get update # x\n", at=[2]),
        good(
            "FROM debian:12\n"
            "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
        ),
        good("FROM debian:12\nRUN apt-get update && rm -rf /tmp/* /var/lib/{apt,dpkg}/lists/*\n"),
        good(
            "FROM debian:12\nRUN --mount=type=cache,target=/var/lib/apt,sharing=locked \\\n"
            "    apt-get update && apt-get install -y curl\n"
        ),
        good("FROM debian:12 AS b\nRUN apt-get update\nFROM scratch\nCOPY --from=b /a /\n"),
    ),
    needs=("apt", "apt-get"),
    check=check,
)
