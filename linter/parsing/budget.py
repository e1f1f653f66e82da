"""What the expansion of variables may cost, and how it fails."""

from __future__ import annotations

#: How much text the expansions of one file may make, in characters.
MAX_TOTAL = 1 << 24
#: How long one expanded word may get, in characters.
MAX_RESULT = 1 << 18


class ExpansionError(ValueError):
    """What BuildKit says of a word that cannot be expanded, and where in the word."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Budget:
    """How much text the expansions of a file may still make."""

    __slots__ = ("left",)

    def __init__(self, total: int = MAX_TOTAL) -> None:
        self.left = total

    def spend(self, amount: int, offset: int) -> None:
        """Take `amount` characters; ExpansionError when one word or the file takes too many."""
        self.left -= amount
        if amount > MAX_RESULT or self.left < 0:
            raise ExpansionError("expansion gives too much text", offset)
