"""What a migration would do to one file."""

from __future__ import annotations

from typing import NamedTuple

from dockgate.linter.fixes import unified_diff
from dockgate.rules.subjects.text import Text


class Change(NamedTuple):
    """A file before and after. `shown`: both as they may be printed, without secrets."""

    path: str
    before: bytes | None  #: None: the file is new
    after: bytes
    shown: tuple[Text, Text]

    @property
    def diff(self) -> str:
        """The change as a unified diff that `git apply` takes."""
        text = unified_diff(*self.shown)
        if self.before is None:
            return "--- /dev/null\n" + text.partition("\n")[2]
        return text
