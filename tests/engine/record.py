"""What runs and who uses it, kept in the state folder."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from .paths import FLAVOURS
from .processes import Process


@dataclass
class Record:
    """What runs, the sessions that use it by token, and the flavours that outlive them."""

    processes: dict[str, Process] = field(default_factory=dict)
    users: dict[str, Process] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> "Record":
        """Read the record; one that cannot be read is an empty one."""
        try:
            data = json.loads(path.read_text())
            return cls(
                {name: Process(*pair) for name, pair in data["processes"].items()},
                {name: Process(*pair) for name, pair in data["users"].items()},
                data.get("kept", list(FLAVOURS)),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def save(self, path: Path) -> None:
        """Write the record whole or not at all."""
        data = {
            "processes": {name: [one.pid, one.start] for name, one in self.processes.items()},
            "users": {name: [one.pid, one.start] for name, one in self.users.items()},
            "kept": self.kept,
        }
        scratch = path.with_suffix(".new")
        scratch.write_text(json.dumps(data))
        scratch.replace(path)
