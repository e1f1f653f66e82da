"""Whether a container of an image can start a program, by what execve(2) will say."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from posixpath import basename
from typing import Any

from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image, Layer, shown
from dockgate.rules.subjects.passwd import Identity, identity

#: The reader of programs, and its values: an ELF machine's number with or without a loader
#: (`62 /lib64/ld-linux-x86-64.so.2`), a script's interpreter (`#!/bin/sh -e`), or a core dump.
NAME = "programs"
SHEBANG = "#!"
CORE = "core"

#: Where engines look when the image sets no PATH.
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Folders that are mounted when a container starts: what is in them the image cannot tell.
MOUNTED = ("proc", "sys", "dev", "run/secrets", "var/run/secrets")
#: What an engine puts in: `docker run --init`.
_BROUGHT = frozenset({"sbin/docker-init", "dev/init"})
#: Scripts of scripts that Linux follows.
_MAX_SCRIPTS = 5
#: What starts the rest of its words and does nothing else, with options that take no value.
_STARTERS = frozenset({"tini", "tini-static", "dumb-init", "catatonit"})
_STARTER_OPTIONS = frozenset({"-g", "-s", "-v", "-vv", "-vvv", "-w", "-c", "--single-child"})
_SHELLS = frozenset({"sh", "bash", "ash", "dash"})
#: Words of a shell script that no file stands for.
_WORDS = (
    ". : [ [[ ( { ! alias bg break case cd command continue declare echo eval exit export false "
    "fg for function getopts hash if jobs kill let local printf pwd read readonly return select "
    "set shift shopt source test time times trap true type typeset ulimit umask unalias unset "
    "until wait while coproc"
)
_BUILTINS = frozenset(_WORDS.split())
#: Characters by which a word is more than the name of a command, to us at least.
_SPECIAL = frozenset("$`*?[]{}()<>|&;#!~=\n\\\"'")
#: Endings of files that a handler outside of the image may start (binfmt_misc).
_FOREIGN = (".exe", ".dll", ".wasm", ".jar", ".class", ".com", ".ko")

_READ, _EXECUTE = 4, 1


class Program(NamedTuple):
    """The ELF file that is run in the end."""

    path: str
    layer: Layer
    machine: int


class Start(NamedTuple):
    """What becomes of a command: a fault, or the program that runs; both empty: nobody knows."""

    fault: str = ""  #: `nginx is not in the image`
    program: Program | None = None


class Starter:
    """Tries to start commands in a container of an image, by looking only."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._final = image.final()
        self._values: dict[str, tuple[Layer, Any]] = image.found(NAME)
        self._who = identity(image)
        environment = dict(pair.partition("=")[::2] for pair in image.config.env)
        self._path = environment.get("PATH", DEFAULT_PATH)
        self._volumes = [volume.strip("/") for volume in image.config.volumes]

    @property
    def can_tell(self) -> bool:
        """Whether all of it is known: Linux, all layers read, a user that there is."""
        image = self._image
        return (
            image.has_config
            and image.config.os in ("", "linux")
            and bool(image.layers)
            and not any(layer.unread or NAME not in layer.results for layer in image.layers)
            and self._who is not None
        )

    def start(self, words: Sequence[str], *, by_shell: bool = False) -> Start:
        """Start the words of an exec form, of which a shell's script is looked into."""
        if not words or not words[0]:
            return Start()
        begun = self._run(words[0], by_shell=by_shell)
        if begun.fault or begun.program is None:
            return begun
        name = basename(words[0])
        if name in _SHELLS and len(words) > 2 and words[1] == "-c":
            inner = first_command(words[2])
            return self.start([inner], by_shell=True) if inner else begun
        if name in _STARTERS:
            rest = _after_options(words[1:])
            return self.start(rest) if rest else begun
        return begun

    def _run(self, name: str, *, by_shell: bool = False, depth: int = 0) -> Start:
        path, fault = self._find(name)
        if fault or path is None:
            return Start(fault)
        layer, entry = self._final[path]
        value = self._value(path, entry)
        if value is None:
            if by_shell or entry.kind == "hardlink" or path.lower().endswith(_FOREIGN):
                return Start()
            if not entry.size:
                return Start(f"{shown(name)} is empty")
            return Start(f"{shown(name)} is neither an ELF program nor a script that begins in #!")
        if not value.startswith(SHEBANG):
            machine, _, loader = value.partition(" ")
            if not machine.isdecimal():
                return Start()
            if loader and self._file(loader) is None and not self._outside(loader.strip("/")):
                return Start(
                    f"{shown(name)} needs the loader {shown(loader)}, which is not in the image: "
                    "it was built for another C library"
                )
            return Start(program=Program(path, layer, int(machine)))
        if depth >= _MAX_SCRIPTS:
            return Start(f"{shown(name)} is a script of a script of a script, without an end")
        if not self._may(entry, _READ):
            return Start(f"{shown(name)} is a script that {self._name} may not read")
        return self._interpreter(name, value.removeprefix(SHEBANG), depth)

    def _interpreter(self, name: str, line: str, depth: int) -> Start:
        if line.endswith("\r"):
            return Start(
                f"the first line of {shown(name)} ends as in Windows, so that Linux looks for "
                f"{shown(line)}: convert it (sed -i 's/\\r$//')"
            )
        words = line.split(None, 1)
        if not words:
            return Start(f"{shown(name)} names no interpreter after its #!")
        begun = self._run(words[0], depth=depth + 1)
        if not begun.fault and basename(words[0]) == "env" and len(words) > 1:
            wanted = words[1].split()
            if wanted[0] == "-S":
                wanted = wanted[1:]
            elif len(wanted) > 1:
                wanted = [words[1]]  # Linux hands over all of it as one argument
            if wanted and not wanted[0].startswith("-") and "=" not in wanted[0]:
                begun = self._run(wanted[0], depth=depth + 1)
        if begun.fault:
            return Start(f"the interpreter of {shown(name)} does not start: {begun.fault}")
        return begun

    # -- files

    def _find(self, name: str) -> tuple[str | None, str]:
        """Where a command is, or what is wrong; neither where the image does not tell."""
        if "/" in name:
            base = "" if name.startswith("/") else f"{self._image.config.workdir}/"
            places = [base + name]
        else:
            folders = [folder for folder in self._path.split(":") if folder]
            places = [f"{folder}/{name}" for folder in folders]
        fault = ""
        for place in places:
            real = self._image.real(place)
            if self._outside(real) or self._outside(place.strip("/")):
                return None, ""
            if real not in self._final:
                if self._final.is_folder(real):
                    fault = fault or f"{shown(name)} is a folder"
                continue
            said = self._refused(real)
            if not said:
                return real, ""
            fault = fault or f"{shown(name)} {said}"
        if fault:
            return None, fault
        where = "the image" if "/" in name else f"any folder of PATH ({shown(self._path, 120)})"
        return None, f"{shown(name)} is not in {where}"

    def _file(self, path: str) -> Entry | None:
        found = self._final.get(self._image.real(path))
        return found[1] if found is not None and found[1].kind in ("file", "hardlink") else None

    def _value(self, path: str, entry: Entry) -> str | None:
        found = self._values.get(path)
        if found is None and entry.kind == "hardlink":
            found = self._values.get(entry.link)
        return found[1] if found is not None else None

    def _outside(self, path: str) -> bool:
        """Whether what is there comes from outside of the image."""
        return path in _BROUGHT or any(
            path == one or path.startswith(one + "/") for one in (*MOUNTED, *self._volumes) if one
        )

    # -- rights

    @property
    def _name(self) -> str:
        return shown(self._who.shown) if self._who is not None else ""

    def _refused(self, path: str) -> str:
        """Why the user cannot execute the file, "" when he can."""
        entry = self._final[path][1]
        if entry.kind == "dir":
            return "is a folder"
        if entry.kind not in ("file", "hardlink"):
            return "is no file"
        folder = path.rpartition("/")[0]
        while folder:
            found = self._final.get(folder)
            if found is not None and found[1].kind == "dir" and not self._may(found[1], _EXECUTE):
                return f"is out of reach for {self._name}: /{shown(folder)} is closed to it"
            folder = folder.rpartition("/")[0]
        if self._may(entry, _EXECUTE):
            return ""
        if not entry.mode & 0o111:
            return f"is not executable: its mode is {entry.mode & 0o7777:o}"
        return (
            f"is not executable by {self._name}: its mode is {entry.mode & 0o7777:o}, its owner "
            f"{entry.uid}:{entry.gid}"
        )

    def _may(self, entry: Entry, right: int) -> bool:
        return may(self._who, entry, right)


def may(who: Identity | None, entry: Entry, right: int) -> bool:
    """Whether the user has a right (4 read, 2 write, 1 execute or search) to a file or folder."""
    if who is None or "system.posix_acl_access" in entry.xattrs:
        return True  # nobody knows
    if who.uid == 0:
        return right != _EXECUTE or entry.kind == "dir" or bool(entry.mode & 0o111)
    if entry.uid == who.uid:
        return bool(entry.mode >> 6 & right)
    if entry.gid in who.groups:
        return bool(entry.mode >> 3 & right)
    return bool(entry.mode & right)


def first_command(script: str) -> str | None:
    """The first command of a shell script; None for a builtin, or where only a shell can tell."""
    try:
        words = shlex.split(script.strip(), comments=False)
    except ValueError:
        return None
    for word in words:
        if word == "exec":
            continue
        name, equals, _ = word.partition("=")
        if equals and name.isidentifier():
            if not _SPECIAL.isdisjoint(word[len(name) + 1 :]):
                return None
            continue
        end = next((at for at, char in enumerate(word) if char in ";&|"), len(word))
        word = word[:end]
        if not word or word in _BUILTINS or not _SPECIAL.isdisjoint(word) or word[0] == "-":
            return None
        return word
    return None


def _after_options(words: Sequence[str]) -> Sequence[str]:
    """What a starter starts; nothing where its options are not known."""
    for at, word in enumerate(words):
        if word == "--":
            return words[at + 1 :]
        if not word.startswith("-"):
            return words[at:]
        if word not in _STARTER_OPTIONS:
            return ()
    return ()
