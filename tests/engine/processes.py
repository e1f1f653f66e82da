"""Processes known by pid and start time, and the mounts and cgroups that they leave."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
# Kept so that a child which ends while we live is reaped.
_children: dict[int, "subprocess.Popen[bytes]"] = {}


@dataclass(frozen=True)
class Process:
    """A process that cannot be mistaken for a later one with the same pid."""

    pid: int
    start: int

    @classmethod
    def of(cls, pid: int) -> "Process | None":
        """The live process with this pid, if there is one."""
        started = _start_time(pid)
        return None if started is None else cls(pid, started)

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        child = _children.get(self.pid)
        if child is not None and child.poll() is not None:
            del _children[self.pid]
        return _start_time(self.pid) == self.start


def _start_time(pid: int) -> int | None:
    """The 22nd field of /proc/PID/stat, counted behind the name, which may hold anything."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def spawn(command: Sequence[str], log: Path, env: Mapping[str, str]) -> Process:
    """Start a process in a session of its own, its output going to a log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            cwd="/", env=dict(env), start_new_session=True,
        )  # fmt: skip
    _children[child.pid] = child
    # Read once only: one that has ended already has the start time that nothing alive has.
    return Process.of(child.pid) or Process(child.pid, -1)


def end(processes: Iterable[Process], grace: float) -> None:
    """Ask processes to end, wait, and kill those that do not."""
    waiting = [process for process in processes if process.alive]
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        for process in waiting:
            _signal(process, number)
        limit = time.monotonic() + seconds
        while (waiting := [one for one in waiting if one.alive]) and time.monotonic() < limit:
            time.sleep(0.02)


def _signal(process: Process, number: signal.Signals) -> None:
    if process.alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def naming(folder: Path, programs: Path) -> list[Process]:
    """The processes that run one of these programs with a path in this folder as an argument.

    So containerd and its shims are known: they are dockerd's children, not ours.
    """
    inside = os.fsencode(folder) + b"/"
    # The kernel gives the program's path without links.
    real = programs.resolve()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            program = Path(os.readlink(entry / "exe"))
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if program.is_relative_to(real) and any(word.startswith(inside) for word in words):
            process = Process.of(int(entry.name))
            found += [process] if process else []
    return found


def clear_cgroup(name: str) -> None:
    """Kill what is left in the cgroups of this name, ours by the name, and remove them."""
    for top in [_CGROUPS / name, *_CGROUPS.glob(f"*/{name}")]:
        for folder, _, _ in os.walk(top, topdown=False):
            group = Path(folder)
            end(_members(group), grace=0.0)
            with contextlib.suppress(OSError):
                group.rmdir()


def _members(group: Path) -> list[Process]:
    try:
        pids = (group / "cgroup.procs").read_text().split()
    except OSError:
        return []
    return [found for pid in pids if (found := Process.of(int(pid)))]


def mounts_below(folders: Iterable[Path]) -> list[Path]:
    """Mount points in or below these folders, the deepest first."""
    tops = [str(folder) for folder in folders]
    points = []
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        # Octal escapes stand for blanks, tabs, newlines and backslashes.
        point = re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), line.split(" ")[4])
        if any(point == top or point.startswith(f"{top}/") for top in tops):
            points.append(Path(point))
    return sorted(points, key=lambda path: len(path.parts), reverse=True)


def unmount_below(folders: Iterable[Path]) -> list[Path]:
    """Unmount everything in or below these folders; gives what could not be unmounted."""
    tops = list(folders)
    for point in mounts_below(tops):
        subprocess.run(["umount", str(point)], capture_output=True, check=False)
    for point in mounts_below(tops):
        subprocess.run(["umount", "--lazy", str(point)], capture_output=True, check=False)
    return mounts_below(tops)


def overlay_works(folder: Path) -> bool:
    """Whether overlay mounts work on this folder's file system (not on an overlay itself)."""
    probe = folder / "overlay-probe"
    parts = {name: probe / name for name in ("lower", "upper", "work", "merged")}
    for part in parts.values():
        part.mkdir(parents=True, exist_ok=True)
    options = ",".join(f"{name}dir={parts[name]}" for name in ("lower", "upper", "work"))
    done = subprocess.run(
        ["mount", "-t", "overlay", "overlay", "-o", options, str(parts["merged"])],
        capture_output=True, check=False,
    )  # fmt: skip
    unmount_below([probe])
    return done.returncode == 0
