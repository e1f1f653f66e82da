"""Text that others wrote, as text of a page: it can neither break out nor reorder what it says."""

from __future__ import annotations

import re
from html import escape

from dockgate.linter.reporters.frame import shown


def escaped(text: str) -> str:
    """`text` in one line for an element or a quoted attribute.

    What does not print is escaped: control and bidirectional control characters, lone surrogates.
    """
    return escape(shown(text))


def glyphs(text: str) -> str:
    """The same for what a code frame gives, which is printable already."""
    return escape(text, quote=False)


def prose(text: str) -> str:
    """The same for a rule's own words, in which `code` stands between backticks."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escaped(text))
