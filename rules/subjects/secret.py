"""A secret that was found, already redacted: the value itself is never kept."""

from __future__ import annotations

from typing import NamedTuple

from dockgate.rules.subjects.text import Span


class Secret(NamedTuple):
    """What was found and where, in the text that was searched."""

    kind: str  #: "AWS Access Key", "Private Key", …
    span: Span  #: of the value, where known, else of the line
    redacted: str  #: at most the first four characters, then `…`
    line: int  #: from 1
    certain: bool  #: a token's own shape tells (`AKIA…`), not only the name beside it

    @property
    def described(self) -> str:
        """As messages name it: `GitHub Token ghp_…`."""
        return self.kind if self.redacted == "…" else f"{self.kind} {self.redacted}"
