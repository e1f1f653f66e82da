"""Installations that may resolve again what a lockfile has settled."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.pattern import glob
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.packages import PackageCall
from dockgate.rules.subjects.shell import Command, ShellWord

LOCKFILES = frozenset(
    {"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "Gemfile.lock"}
    | {"composer.lock", "uv.lock", "poetry.lock", "Pipfile.lock"}
)


class Tool(NamedTuple):
    """A way to install what a program needs that does not hold to its lockfile."""

    verbs: frozenset[str]  #: as written
    locks: tuple[str, ...]
    strict: tuple[str, ...]  #: options with which it holds to the lockfile
    variables: tuple[str, ...]  #: variables that say the same
    instead: str  #: what to write
    option: str = ""  #: what a fix adds behind the verb
    verb: str = ""  #: what a fix writes in place of the verb


class Loose(NamedTuple):
    """A call that does not hold to a lockfile."""

    instruction: Instruction
    command: Command
    word: ShellWord  #: the verb
    tool: Tool

    @property
    def step(self) -> int:
        """The place of its step in the file."""
        return self.instruction.index


_INSTALL = frozenset({"install", "i", "add", "in", "ins", "inst", "isntall"})
TOOLS = {
    "npm": Tool(
        _INSTALL, ("package-lock.json", "npm-shrinkwrap.json"), ("-g", "--global"), (), "npm ci",
        verb="ci",
    ),
    "yarn": Tool(
        frozenset({"install", "yarn"}), ("yarn.lock",),
        ("--frozen-lockfile", "--immutable", "--production=frozen"),
        ("CI", "YARN_ENABLE_IMMUTABLE_INSTALLS"),
        "yarn install --frozen-lockfile (--immutable since Yarn 2)",
    ),
    "pnpm": Tool(
        _INSTALL, ("pnpm-lock.yaml",), ("-g", "--global", "--frozen-lockfile", "--offline"),
        ("CI",), "pnpm install --frozen-lockfile", "--frozen-lockfile",
    ),
    "bundle": Tool(
        frozenset({"install", "bundle"}), ("Gemfile.lock",), ("--deployment", "--frozen"),
        ("BUNDLE_DEPLOYMENT", "BUNDLE_FROZEN"), "ENV BUNDLE_DEPLOYMENT=1 before bundle install",
    ),
    "composer": Tool(
        frozenset({"update", "upgrade", "u"}), ("composer.lock",), (), (), "composer install",
        verb="install",
    ),
    "uv": Tool(
        frozenset({"sync"}), ("uv.lock",), ("--locked", "--frozen"), ("UV_LOCKED", "UV_FROZEN"),
        "uv sync --locked", "--locked",
    ),
    "poetry": Tool(
        frozenset({"update"}), ("poetry.lock",), (), (), "poetry install", verb="install"
    ),
    "pipenv": Tool(
        frozenset({"install"}), ("Pipfile.lock",), ("--deploy", "--ignore-pipfile"), (),
        "pipenv install --deploy", "--deploy",
    ),
}  # fmt: skip


def loose_calls(dockerfile: Dockerfile) -> Iterator[Loose]:
    """Installations of a program's own dependencies that do not insist on the lockfile."""
    configured = _configured(dockerfile)
    for instruction, command, call in dockerfile.calls(*TOOLS):
        tool = TOOLS[call.manager]
        if call.verb_word.value not in tool.verbs or call.packages or _has_file(call):
            continue
        if call.has(*tool.strict) or any(name in instruction.env for name in tool.variables):
            continue
        if any(a.name in tool.variables for a in command.assignments):
            continue
        if call.manager == "bundle" and command.span.start > configured:
            continue
        yield Loose(instruction, command, call.verb_word, tool)
    for instruction, command in dockerfile.commands("pipenv"):
        tool = TOOLS["pipenv"]
        words = [word for word in command.args if not word.value.startswith("-")]
        if len(words) == 1 and words[0].value in tool.verbs and not command.has(*tool.strict):
            yield Loose(instruction, command, words[0], tool)


def _has_file(call: PackageCall) -> bool:
    return any(word.value.startswith("$") or "lock-only" in word.value for word in call.options)


def _configured(dockerfile: Dockerfile) -> float:
    """Where `bundle config` first names one of the settings."""
    for _, command, call in dockerfile.calls("bundle"):
        if call.verb == "config":
            said = " ".join(word.value for word in command.args)
            if "deployment" in said or "frozen" in said:
                return command.span.start
    return float("inf")


class NamedLocks:
    """The lockfiles that steps of a Dockerfile name, also by `package*.json`; read once."""

    __slots__ = ("_first",)

    def __init__(self, dockerfile: Dockerfile) -> None:
        self._first: dict[int, dict[str, int]] = {}  # stage -> lockfile -> the first step's index
        for stage in dockerfile.stages:
            inherited = self._first.get(stage.parent.index, {}) if stage.parent is not None else {}
            first = self._first[stage.index] = dict(inherited)
            for instruction in stage.find("COPY", "ADD"):
                for source in instruction.values[:-1]:
                    name = source.rpartition("/")[2]
                    if name in LOCKFILES:
                        first.setdefault(name, instruction.index)
                    elif "*" in name and len(name.strip("*.")) > 1:
                        for lock in LOCKFILES:
                            if glob(lock, name):
                                first.setdefault(lock, instruction.index)

    def before(self, found: Loose) -> str | None:
        """The lockfile of the tool that a step before the call, or a bind mount, names."""
        instruction, locks = found.instruction, found.tool.locks
        for mount in instruction.mounts:
            source = (mount.get("source") or mount.get("src") or "").rpartition("/")[2]
            if mount["type"] == "bind" and source in locks:
                return source
        first = self._first.get(instruction.stage.index, {}) if instruction.stage else {}
        return next((lock for lock in locks if first.get(lock, found.step) < found.step), None)
