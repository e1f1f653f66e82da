"""Go modules and Rust crates, from the executables that were made of them."""

from __future__ import annotations

from collections.abc import Iterable

from dockgate.builder.packages.binary import golang, rust
from dockgate.builder.packages.binary.formats import STARTS, executable
from dockgate.builder.packages.manifest import Row, kept, package, stated, word
from dockgate.builder.packages.package import Package
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.entries import Entry
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.reading import KIB, MIB, Content, Json, Want

NAME = "executables"

#: Bytes; what a program without Go's runtime or Rust's library cannot have less of.
_SMALLEST = 16 * KIB
#: Bytes up to which a file counts that nobody may execute, as libraries are: more is costly.
_LIBRARY = 8 * MIB
#: Bytes. The largest programs in Go have 300 MiB.
MAX_EXECUTABLE = 512 * MIB


class ExecutableReader:
    """Rows of modules and crates; the type of package is the row's place."""

    name = NAME
    version = "1"
    wants = (
        Want(starts=STARTS, smallest=_SMALLEST, largest=_LIBRARY, must=False),
        Want(mode=0o111, starts=STARTS, smallest=_LIBRARY + 1, largest=MAX_EXECUTABLE, must=False),
    )

    def read(self, entry: Entry, content: Content) -> Json:  # noqa: ARG002
        """None for an executable that does not tell."""
        with content.file() as file:
            program = executable(file)
            if program is None:
                return None
            rows = [_go(module) for module in golang.modules(program)]
            rows += [
                Row(word(crate.name), word(crate.version), place="cargo")
                for crate in rust.crates(program)
            ]
        return kept(rows)


def _go(module: golang.Module) -> Row:
    namespace, _, name = word(module.path).rpartition("/")
    return Row(name, word(module.version), namespace, place="golang")


def packages(image: Image) -> Iterable[Package]:
    """Each executable's own modules and crates."""
    for row, layer, path in stated(image, NAME):
        yield package(row.place, row, layer, path)


def reader(_settings: Settings) -> ExecutableReader:
    """The reader; see readers.py."""
    return ExecutableReader()
