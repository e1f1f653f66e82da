"""What package managers keep of their downloads: where, and whether a RUN takes it away again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from dockgate.rules.pattern import pattern
from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.apt import shipping
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction
from dockgate.rules.subjects.packages import PackageCall
from dockgate.rules.subjects.shell import Command

#: Commands that delete what they are given, or are told to.
REMOVERS = frozenset({"rm", "find", "rmdir", "shred", "unlink"})
_HOME = pattern(r"^(?:/root|/home/[^/]+|\$\{?HOME\}?)(?=/|$)")
_BRACES = pattern(r"\{([^{}]{0,200})\}")


class Cache(NamedTuple):
    """The cache of a package manager, or of several that share one."""

    managers: tuple[str, ...]
    folders: tuple[str, ...]  #: absolute, or below `~`
    hints: tuple[str, ...] = ()  #: parts of other folders' names that mean it too
    everything: bool = False  #: its `clean` must be told `all`
    elsewhere: tuple[str, ...] = ()  #: options that put it into another folder, or nowhere


YUM = Cache(
    ("yum", "dnf", "microdnf", "tdnf"),
    ("/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/tdnf"),
    everything=True,
)
ZYPPER = Cache(("zypper",), ("/var/cache/zypp",))
APK = Cache(("apk",), ("/var/cache/apk", "/etc/apk/cache"))
PIP = Cache(("pip",), ("~/.cache/pip",), ("pip", ".cache"))
NPM = Cache(("npm",), ("~/.npm",), ("npm",), elsewhere=("--cache",))
YARN = Cache(
    ("yarn",),
    ("/usr/local/share/.cache", "~/.cache/yarn", "~/.yarn"),
    ("yarn", ".cache"),
    elsewhere=("--cache-folder",),
)
PNPM = Cache(("pnpm",), ("~/.local/share/pnpm/store",), ("pnpm", "store"))
BUNDLE = Cache(("bundle",), ("/usr/local/bundle/cache", "~/.bundle/cache"), ("cache", "bundle"))


class Kept(NamedTuple):
    """A call whose downloads stay in its layer."""

    instruction: Instruction
    command: Command
    call: PackageCall
    later: Instruction | None  #: a later step that deletes them, in vain


def mounted(instruction: Instruction, cache: Cache) -> bool:
    """Whether a cache or tmpfs mount keeps the cache out of the layer."""
    for mount in instruction.mounts:
        if mount["type"] in ("cache", "tmpfs"):
            target = mount.get("target") or mount.get("dst") or mount.get("destination") or ""
            if target and (_covers(target, cache) or any(hint in target for hint in cache.hints)):
                return True
    return False


def removes(command: Command, cache: Cache) -> bool:
    """Whether the command empties the cache: `yum clean all`, `rm -rf /var/cache/yum`."""
    call = command.package_call
    if call is not None and call.manager in cache.managers and call.verb == "clean":
        said = {word.value for word in call.packages}
        return not cache.everything or not said.isdisjoint(("all", "*", "dbcache"))
    return command.name in REMOVERS and any(
        _covers(word.value, cache) or any(hint in word.value for hint in cache.hints)
        for word in command.args
        if "/" in word.value or "~" in word.value
    )


def _covers(path: str, cache: Cache) -> bool:
    """Whether a path, perhaps with `*` and a `{a,b}`, is one of the folders, above or within it."""
    braces = _BRACES.search(path)
    if braces is None:
        return _covers_plain(path, cache)
    before, after = path[: braces.start()], path[braces.end() :]
    return any(_covers_plain(before + end + after, cache) for end in braces[1].split(","))


def _covers_plain(path: str, cache: Cache) -> bool:
    wanted = _HOME.sub("~", path).rstrip("/*.")
    return bool(wanted) and any(
        folder == wanted
        or folder.startswith(wanted + "/")
        or wanted.startswith(folder + "/")
        or (path.endswith("*") and folder.startswith(wanted))
        for folder in cache.folders
    )


class Removals:
    """Where a cache is emptied, read once for a whole file."""

    __slots__ = ("_last", "_steps")

    def __init__(self, dockerfile: Dockerfile, cache: Cache) -> None:
        self._last: dict[int, int] = {}  # instruction -> where its last removal starts
        self._steps: dict[int, list[Instruction]] = {}  # stage -> its steps that remove, in order
        found = [(i, c) for i, c, _ in dockerfile.calls(*cache.managers)]
        for instruction, command in found + dockerfile.commands(*sorted(REMOVERS)):
            if instruction.cmd == "RUN" and removes(command, cache):
                key = instruction.index if instruction.parent is None else -1 - instruction.index
                if key not in self._last and instruction.stage is not None:
                    self._steps.setdefault(instruction.stage.index, []).append(instruction)
                self._last[key] = max(self._last.get(key, -1), command.span.start)
        for steps in self._steps.values():
            steps.sort(key=lambda step: step.index)

    def after(self, instruction: Instruction, command: Command) -> bool:
        """Whether the RUN itself empties the cache after this command."""
        key = instruction.index if instruction.parent is None else -1 - instruction.index
        return self._last.get(key, -1) > command.span.start

    def later(self, instruction: Instruction) -> Instruction | None:
        """The first later step of the stage that empties it."""
        steps = self._steps.get(instruction.stage.index, []) if instruction.stage else []
        at = bisect_right(steps, instruction.index, key=lambda step: step.index)
        return steps[at] if at < len(steps) else None


def kept(
    dockerfile: Dockerfile, cache: Cache, verbs: Sequence[str], managers: Sequence[str] = ()
) -> Iterator[Kept]:
    """Calls with one of these (canonical) verbs whose downloads stay in a layer that ships.

    One for a RUN: the first after which nothing is removed. `managers`: whose calls, when not
    all of those that share the cache.
    """
    calls = dockerfile.calls(*(managers or cache.managers))
    if not calls:
        return
    ships, removals = shipping(dockerfile), Removals(dockerfile, cache)
    done: set[int] = set()
    for instruction, command, call in calls:
        stage = instruction.stage
        if call.verb not in verbs or id(instruction) in done:
            continue
        if stage is None or stage.index not in ships or call.has(*cache.elsewhere):
            continue
        if removals.after(instruction, command) or mounted(instruction, cache):
            continue
        done.add(id(instruction))
        yield Kept(instruction, command, call, removals.later(instruction))
