"""Calls of package managers, read once from a command and shared by every rule that asks."""

from __future__ import annotations

from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.shell import Command, ShellWord


class PackageCall(NamedTuple):
    """`apt-get -y install --no-install-recommends curl=1` and its like.

    Verbs are canonical across managers: "update" refreshes the index (`apk update`, `yum
    makecache`, `zypper refresh`), "upgrade" brings packages up (`yum update`, `npm update`),
    "install" and "remove" have many spellings; "clean" empties a cache (`npm cache clean`, `pip
    cache purge`). `npm ci` stays "ci". Other verbs are as written.
    """

    #: "apt" (also of apt-get and aptitude: `Command.name` tells them apart), "apk", "yum", "dnf",
    #: "microdnf", "tdnf", "zypper", "pip" (also of pipx, `python -m pip`, `uv pip`), "uv",
    #: "poetry", "npm", "yarn", "pnpm", "gem", "bundle", "go", "cargo", "composer", "conda"
    manager: str
    verb: str
    verb_word: ShellWord
    packages: tuple[ShellWord, ...]  #: the operands after the verb
    options: tuple[ShellWord, ...]  #: before and after the verb, values of options included

    def has(self, *options: str) -> bool:
        """Whether one of these options is given: `-y` also in `-qy`, `--name` also `--name=v`.

        A short option is looked for in words of letters alone, so `-y` is not in `-oDpkg::x=y`.
        """
        for word in self.options:
            value = word.value
            for option in options:
                if value == option:
                    return True
                if option.startswith("--"):
                    if value.startswith(option + "="):
                        return True
                elif value[:1] == "-" and value[1:].isalpha() and option[1:] in value[1:]:
                    return True
        return False


def called(command: Command, call: PackageCall) -> str:
    """The package manager's name for a message: `pip` also for `python3 -m pip`."""
    return call.manager if command.name.startswith(("python", "pypy")) else command.name
