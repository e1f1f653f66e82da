"""Package managers that ask before they go on, in a build where nobody can answer."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.dockerfile.packages._edits import after
from dockgate.rules.rule import Finding
from dockgate.rules.subjects import apt
from dockgate.rules.subjects.dockerfile import Dockerfile
from dockgate.rules.subjects.packages import PackageCall
from dockgate.rules.subjects.shell import Command

ASKS = frozenset(
    {"install", "reinstall", "remove", "autoremove", "upgrade", "dist-upgrade", "downgrade"}
    | {"group-install", "group-remove", "swap", "builddep", "patch", "source-install", "si"}
)
_ANSWERS = frozenset(
    {"--assumeyes", "--assume-yes", "--assumeno", "--downloadonly", "--help", "--dry-run"}
    | {"--non-interactive", "--no-confirm", "--version"}
)


def unanswered(
    dockerfile: Dockerfile, managers: tuple[str, ...], letters: str, option: str, setting: str
) -> Iterator[Finding]:
    """Calls that ask: without `-letters`, a long option of the kind, `yes |` or configuration.

    `option` is what the fix puts behind the verb; `setting` is the configuration's key.
    """
    calls = dockerfile.calls(*managers)
    if not calls:
        return
    decided = apt.Decided(dockerfile, setting)
    for instruction, command, call in calls:
        verb = call.verb_word
        if call.verb not in ASKS or _answered(command, call, letters):
            continue
        if decided.before(instruction):
            continue
        yield Finding(
            f"{command.name} {verb.value} asks before it goes on, and a build cannot answer",
            verb.span,
            stage=instruction.stage,
            help=f"add {option}",
            fixes=after(command, verb, option, f"answer yes with {option}", safe=True),
        )


def _answered(command: Command, call: PackageCall, letters: str) -> bool:
    if command.pipe_from is not None or any(r.operator.startswith("<") for r in command.redirects):
        return True
    for word in call.options:
        value = word.value
        if value.partition("=")[0] in _ANSWERS or value.startswith("--setopt=assumeyes"):
            return True
        if value[:1] == "-" and value[1:2] != "-" and any(c in value[1:] for c in letters):
            return True
    return any(not word.literal and word.value.startswith("$") for word in command.args[:2])
