"""Calls of package managers, read once from a command and shared by every rule that asks."""

from __future__ import annotations

from typing import NamedTuple

from dockgate.rules.subjects.shell import ShellWord


class PackageCall(NamedTuple):
    """`apt-get -y install --no-install-recommends curl=1` and its like."""

    manager: str  #: "apt", "apk", "yum", "dnf", "microdnf", "zypper", "pip", "npm", "yarn", …
    verb: str  #: the subcommand, canonical: "install", "remove", "update", "upgrade", "clean", …
    verb_word: ShellWord
    packages: tuple[ShellWord, ...]  #: the operands after the verb
    options: tuple[ShellWord, ...]  #: before and after the verb, values of options included
