"""What a rule finds: how bad, where, and what would mend it. Light: `rule.py` has the rest."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from dockgate.rules.record import NamedTuple

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from dockgate.rules.rule import Rule
    from dockgate.rules.subjects.dockerfile import Stage
    from dockgate.rules.subjects.text import Span


class _Unset:
    """Stands in the place of the rule until the engine adds it."""

    name = "unset"


UNSET: Any = _Unset()


class Severity(IntEnum):
    """How bad a finding is; compares by badness."""

    STYLE = 0
    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The name in output and configuration: `warning`."""
        return self.name.lower()

    @classmethod
    def parse(cls, name: str) -> Severity:
        """The severity called `name`; ValueError says which there are."""
        try:
            return cls[name.upper()]
        except KeyError:
            known = ", ".join(s.label for s in reversed(cls))
            raise ValueError(f"unknown severity {name!r}: use one of {known}") from None


class Edit(NamedTuple):
    """Replace what stands at `span` by `text`; an empty span inserts."""

    span: Span
    text: str


class Fix(NamedTuple):
    """Edits that belong together.

    `safe`: cannot change what the image does or whether it builds, beyond what the rule is about.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


class Finding:
    """A rule, a place, a message and fixes.

    A check yields it with a place: `span` in the Dockerfile, or `layer` and `path` in an image.
    The engine adds the rule and the severity in force.
    """

    __slots__ = (
        "at_most",
        "details",
        "fixes",
        "help",
        "layer",
        "message",
        "path",
        "rule",
        "severity",
        "span",
        "stage",
    )

    def __init__(
        self,
        message: str,
        span: Span | None = None,
        *,
        stage: Stage | None = None,
        help: str = "",
        fixes: Sequence[Fix] = (),
        layer: str | None = None,
        path: str | None = None,
        at_most: Severity | None = None,
        details: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.message = message  #: one line: names the very thing, says what is wrong with it
        self.span = span
        self.stage = stage
        self.help = help  #: one line: what to do here; "" when a fix or the page says it
        self.fixes = tuple(fixes)
        self.layer = layer  #: digest
        self.path = path
        #: it is not worse than this here, whatever the rule mostly finds; None: as the rule says.
        #: A severity that a configuration gives to the rule counts all the same
        self.at_most = at_most
        #: what a table of many such findings would have in its columns: (name, value), the same
        #: names for all of a rule. The message says it too
        self.details = tuple(details)
        self.rule: Rule[Any] = UNSET
        self.severity = Severity.WARNING

    def __repr__(self) -> str:
        return f"<Finding {self.rule.name} {self.span} {self.message!r}>"
