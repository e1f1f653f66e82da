"""A secret that was found, already redacted: the value itself is never kept."""

from __future__ import annotations

from dockgate.rules.record import NamedTuple
from dockgate.rules.subjects.text import Span


class Secret(NamedTuple):
    """What was found and where, in the text that was searched."""

    kind: str  #: "AWS Access Key", "Private Key", …
    span: Span  #: of the value, where known, else of the line
    redacted: str  #: at most the first four characters, then `…`
    line: int  #: from 1
    certain: bool  #: a token's own shape tells (`AKIA…`), not only the name beside it
    mark: str = ""  #: equal for equal values: a few bits of a hash; "" where it is not known
    allow: str = ""  #: what `secrets.allow` names it by, where there is `secrets.salt`

    @property
    def described(self) -> str:
        """As messages name it: `GitHub Token ghp_…`."""
        return self.kind if self.redacted == "…" else f"{self.kind} {self.redacted}"

    def advice(self, help: str) -> str:
        """The help, and how to allow what is no secret."""
        if not self.allow:
            return help
        return f"{help}; if it is no secret, add {self.allow} to secrets.allow"
