"""The little XML that reports need: elements as strings, whatever their texts hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_MARKUP = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
#: A reader makes blanks of these in an attribute unless they are escaped (3.3.3).
_IN_ATTRIBUTE = {**_MARKUP, '"': "&quot;", "\t": "&#9;", "\n": "&#10;"}


def element(name: str, attributes: Mapping[str, object], children: Iterable[str] = ()) -> str:
    """An element and a line end. `children`: elements, or texts that went through `escaped`."""
    given = "".join(f' {key}="{_attribute(str(value))}"' for key, value in attributes.items())
    inside = "".join(children)
    if not inside:
        return f"<{name}{given}/>\n"
    start = "\n" if inside.startswith("<") else ""
    return f"<{name}{given}>{start}{inside}</{name}>\n"


def escaped(text: str) -> str:
    """`text` as it may stand in an element.

    What XML 1.0 (2.2) cannot hold, not even escaped, becomes U+FFFD: control characters, lone
    surrogates, U+FFFE and U+FFFF.
    """
    return _replaced(text, _MARKUP)


def _attribute(text: str) -> str:
    return _replaced(text, _IN_ATTRIBUTE)


def _replaced(text: str, markup: dict[str, str]) -> str:
    return "".join(markup.get(char) or (char if _is_allowed(char) else "\ufffd") for char in text)


def _is_allowed(char: str) -> bool:
    if char < " ":
        return char in "\t\n"
    return char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff"
