"""All readers of a scan: where they are registered."""

from __future__ import annotations

from importlib import import_module

from dockgate.builder import packages
from dockgate.rules.settings import Settings
from dockgate.rules.subjects.reading import Reader, StreamReader

#: Modules with a function `reader(settings: Settings) -> Reader | StreamReader`, in the order of
#: their work on a file. Names of readers are unique.
MODULES = (
    "dockgate.builder.accounts_reader",
    "dockgate.builder.secret_reader",
    "dockgate.builder.program_reader",
    "dockgate.builder.system_reader",
    "dockgate.builder.malware.reader",
    "dockgate.builder.malware.clamav",
    "dockgate.builder.twin_reader",
    "dockgate.builder.packages.distro",
    *packages.MODULES,
)


def all_readers(settings: Settings) -> list[Reader | StreamReader]:
    """A new instance of every reader, as these settings want it."""
    found = [import_module(module).reader(settings) for module in MODULES]
    names = [reader.name for reader in found]
    if len(set(names)) < len(names):
        raise ValueError(f"two readers have one name: {sorted(names)}")
    return found
