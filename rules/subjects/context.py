"""The build context as BuildKit would send it: what remains after .dockerignore."""

from __future__ import annotations

from dockgate.rules.record import NamedTuple
from dockgate.rules.settings import DEFAULT_SETTINGS, Settings
from dockgate.rules.subjects.dockerfile import Dockerfile, Instruction, Word
from dockgate.rules.subjects.secret import Secret


class ContextFile(NamedTuple):
    """A file of the context; `path` is relative, with `/`."""

    path: str
    size: int  #: bytes
    mode: int  #: as in stat(2)


class Copied(NamedTuple):
    """One source of a COPY or ADD and the files it brings."""

    instruction: Instruction
    source: Word
    files: tuple[ContextFile, ...]
    ignored: bool  #: a file matched, but .dockerignore takes it away


class Context:
    """A folder seen through its ignore file, together with the Dockerfile that copies from it."""

    __slots__ = ("copied", "dockerfile", "files", "ignore_path", "root", "secrets", "settings")

    def __init__(self, root: str, dockerfile: Dockerfile) -> None:
        self.root = root
        self.dockerfile = dockerfile
        self.ignore_path: str | None = None  #: the ignore file in force, relative to `root`
        self.files: list[ContextFile] = []
        self.copied: list[Copied] = []
        self.secrets: dict[str, list[Secret]] = {}  #: by path, of files that are copied
        self.settings: Settings = DEFAULT_SETTINGS

    def brought(self) -> dict[int, frozenset[str]]:
        """By index of a COPY or ADD: the paths of all files that it takes."""
        found: dict[int, frozenset[str]] = {}
        for copied in self.copied:
            index, paths = copied.instruction.index, {file.path for file in copied.files}
            found[index] = found.get(index, frozenset()) | paths
        return found
