"""Texts with a cursor: `|` is where the editor's cursor stands."""

from __future__ import annotations

from dockgate.linter.config import DEFAULT_CONFIG, Config
from dockgate.linter.language.analysis import Analysis, analyse
from dockgate.linter.language.buffer import Buffer

CURSOR = "|"
#: In two parts, so that no scanner of this repository takes it for somebody's.
TOKEN = "ghp_" + "Zr8kQ2vT5xW1nB7mL4cD9fH3jP6sA0yE1uGq"


def analysed(text: str, config: Config = DEFAULT_CONFIG) -> Analysis:
    return analyse(Buffer(text), "Dockerfile", config)


def at_cursor(text: str, config: Config = DEFAULT_CONFIG) -> tuple[Analysis, int]:
    """The analysis of the text without its cursor, and the cursor's offset."""
    offset = text.index(CURSOR)
    return analysed(text.replace(CURSOR, "", 1), config), offset


def at(text: str, what: str, nth: int = 0) -> tuple[Analysis, int]:
    """The analysis of a text, and the offset of the nth occurrence of a part of it."""
    offset = -1
    for _ in range(nth + 1):
        offset = text.index(what, offset + 1)
    return analysed(text), offset
