"""A Dockerfile's text as it may be shown: its secrets are masked, every offset stays."""

from __future__ import annotations

from collections.abc import Sequence

from dockgate.rules.subjects.text import Span, Text

#: First characters of a secret that stay, and never more than a quarter of it.
SHOWN = 4
#: From this length on a secret is masked wherever it is repeated; a shorter one may be a word.
UNMISTAKABLE = 12
MASK = "*"


class Redactor:
    """Masks the secrets that stand at `spans` of a text, there and wherever they are repeated."""

    __slots__ = ("_values", "text")

    def __init__(self, text: Text, spans: Sequence[Span]) -> None:
        values = {text[span] for span in spans}
        #: longest first: one secret may be a part of another
        self._values = sorted(
            (value for value in values if len(value) >= UNMISTAKABLE), key=len, reverse=True
        )
        self.text = text
        if spans:
            shown = text.text
            for start, end in spans:
                shown = shown[:start] + _masked(shown[start:end]) + shown[end:]
            self.text = Text(self.redacted(shown), text.path)

    def redacted(self, shown: str) -> str:
        """`shown` with every secret masked, as long as before."""
        for value in self._values:
            if value in shown:
                shown = shown.replace(value, _masked(value))
        return shown


def _masked(value: str) -> str:
    shown = min(SHOWN, len(value) // 4)
    rest = "".join(char if char in "\r\n" else MASK for char in value[shown:])
    return value[:shown] + rest
