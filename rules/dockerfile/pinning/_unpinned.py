"""Packages that are installed in whatever version there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dockgate.rules.rule import Finding
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.packages import PackageCall, called
from dockgate.rules.subjects.shell import ShellWord

NAMED = 4  #: packages that a message names


def unpinned(
    dockerfile: Dockerfile,
    managers: tuple[str, ...],
    is_pinned: Callable[[str], bool],
    advice: str,
    *,
    applies: Callable[[Instruction, PackageCall], bool] | None = None,
) -> Iterator[Finding]:
    """A finding for each installation that names packages without a version.

    `is_pinned` judges an operand; `$VARIABLE`s, paths and addresses count as pinned, for what
    they bring is settled elsewhere. `advice` has `{}` for the first package.
    """
    for instruction, command, call in dockerfile.calls(*managers):
        if call.verb != "install" or (applies is not None and not applies(instruction, call)):
            continue
        found = [w for w in call.packages if not _settled_elsewhere(w) and not is_pinned(w.value)]
        if not found:
            continue
        names = list(dict.fromkeys(word.value for word in found))
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        listed = ", ".join(names[:NAMED]) + more
        yield Finding(
            f"{called(command, call)} installs {listed} in any version there is",
            found[0].span,
            stage=instruction.stage,
            help=advice.replace("{}", names[0]),
        )


def _settled_elsewhere(word: ShellWord) -> bool:
    value = word.value
    return not word.literal or not value or value[0] in "./~$`" or "://" in value


def is_rpm_pinned(operand: str) -> bool:
    """Whether an operand of yum or dnf has a version: `-` and a digit; `java-21-openjdk` has none.

    Groups (`@name`), files, patterns and streams of modules count as pinned.
    """
    if operand[0] in "@(" or operand.endswith(".rpm") or any(c in operand for c in "*=:<>"):
        return True
    tail = operand.rpartition("-")[2]
    before = operand.rpartition("-")[0].rpartition("-")[2]
    return (tail[:1].isdigit() and "-" in operand) or (before[:1].isdigit() and "." in before)
