"""Which system packages a stage's image holds in the end, read once for all rules that ask."""

from __future__ import annotations

from collections.abc import Mapping

from dockgate.rules.pattern import glob, pattern
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.dockerfile import Instruction, Stage
from dockgate.rules.subjects.packages import PackageCall
from dockgate.rules.subjects.shell import POSIX_SHELLS, Command, ShellWord

SYSTEM_MANAGERS = frozenset({"apt", "apk", "yum", "dnf", "microdnf", "tdnf", "zypper", "pacman"})
#: Commands that may install anything, unseen.
OPAQUE = frozenset(
    {"make", "ansible-playbook", "nix", "nix-env", "brew", "conda", "mamba", "micromamba", "snap"}
    | {"rpm", "dpkg", "gdebi", "debootstrap", "source", ".", "eval", "tasksel", "equivs-install"}
)
_SYSTEM_FOLDERS = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/")
_VARIABLE = pattern(r"\$(?:(\w+)|\{(\w+)\})")
_VERSION = pattern(r"[=<>~@:]")


class Installed(NamedTuple):
    """A package and where it was asked for."""

    name: str  #: without version
    word: ShellWord
    instruction: Instruction
    group: str  #: of `apk add --virtual`, else ""


class Inventory:
    """What remains installed at the end of a stage.

    `unsure`: something may have been installed unseen. `cleaned`: packages were taken away again.
    """

    __slots__ = ("cleaned", "packages", "unsure")

    def __init__(self) -> None:
        self.packages: dict[str, Installed] = {}
        self.unsure = False
        self.cleaned = False

    def remove(self, pattern: str) -> None:
        """Forget the packages that `pattern` (a name, an apk group, apt's `*`) means."""
        for name, found in list(self.packages.items()):
            if glob(name, pattern) or (found.group and found.group == pattern):
                del self.packages[name]


def inventory(stage: Stage) -> Inventory:
    """The packages that the stage's RUNs, and those of its ancestors, leave installed."""
    if stage.inventory is None:
        found = Inventory()
        for instruction in stage.history():
            if instruction.cmd == "RUN" and instruction.script is not None:
                found.unsure |= instruction.script.language != "posix"
                _run(found, instruction, instruction.script.commands)
        stage.inventory = found
    return stage.inventory


def _run(found: Inventory, instruction: Instruction, commands: list[Command]) -> None:
    variables = dict(instruction.env)
    manual, asked, auto = set(found.packages), False, False
    for command in commands:
        for assignment in command.assignments:
            variables[assignment.name] = expand(assignment.value.value, variables)
        call = command.package_call
        if command.name == "apt-mark" and command.args:
            if command.args[0].value == "showmanual" and not asked:
                manual, asked = set(found.packages), True
            auto |= command.args[0].value == "auto"
        elif call is None:
            found.unsure |= installs_unseen(command)
        elif call.manager in SYSTEM_MANAGERS:
            verb = call.verb_word.value
            if call.verb == "install":
                _install(found, instruction, call, variables)
            elif call.verb in ("remove", "autoremove", "purge") or verb in ("del", "erase"):
                found.cleaned = True
                for word in call.packages:
                    for name in names(word, variables) or [word.value]:
                        found.remove(name)
                if auto:
                    for name in set(found.packages) - manual:
                        del found.packages[name]
            elif verb == "history" and any(w.value == "undo" for w in command.args):
                found.cleaned = True
                for name in set(found.packages) - manual:
                    del found.packages[name]


def _install(
    found: Inventory, instruction: Instruction, call: PackageCall, variables: Mapping[str, str]
) -> None:
    group = _virtual(call) if call.manager == "apk" else ""
    for word in call.packages:
        known = names(word, variables)
        found.unsure |= known is None
        for name in known or ():
            if call.manager == "apt" and name.endswith("-"):
                found.remove(name[:-1])
            elif name and name != group:
                found.packages.setdefault(name, Installed(name, word, instruction, group))


def _virtual(call: PackageCall) -> str:
    options = call.options
    for i, word in enumerate(options):
        if word.value.startswith("--virtual="):
            return word.value.partition("=")[2]
        if word.value in ("-t", "--virtual") and i + 1 < len(options):
            return options[i + 1].value
    return ""


def expand(value: str, variables: Mapping[str, str]) -> str:
    """`value` with the `$NAME` and `${NAME}` that are known put in."""
    if "$" not in value:
        return value
    return _VARIABLE.sub(lambda m: variables.get(m[1] or m[2], m[0]), value)


def names(word: ShellWord, variables: Mapping[str, str]) -> list[str] | None:
    """The package names that an operand means, without versions; None when it cannot be told."""
    found = []
    for part in expand(word.value, variables).split():
        name = _VERSION.split(part, maxsplit=1)[0]
        if "$" in name or "`" in name or "/" in part:
            return None
        found.append(name)
    return found


def installs_unseen(command: Command) -> bool:
    """Whether the command may install anything: a script, make, `$TOOL`, a program of one's own."""
    word = command.name_word.value if command.name_word else command.name
    if command.name in OPAQUE or command.name.endswith(".sh") or "$" in word:
        return True
    if command.name in POSIX_SHELLS:
        return not command.has("-c") or "sh -c" not in command.context
    return "/" in word and not word.startswith(_SYSTEM_FOLDERS)
