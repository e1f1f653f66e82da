"""Paths as the readers of reports want them: relative to where dockgate runs, or as URIs."""

from __future__ import annotations

import os

#: RFC 3986, 2.3, and the slash. A colon is none of them: in the first segment of a relative
#: reference it would end a scheme.
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")


def relative(path: str) -> str:
    """`path` relative to the current folder where it is below it, else absolute; no `.` or `..`."""
    folder = os.getcwd()
    absolute = os.path.normpath(os.path.join(folder, path))
    below = folder.rstrip("/") + "/"
    return absolute[len(below) :] if absolute.startswith(below) else absolute


def uri(path: str) -> str:
    """A path as a URI reference: percent-encoded bytes, `file:` if it is absolute.

    Nothing is lost: the bytes of a name that is not UTF-8 stand there too.
    """
    quoted = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in _bytes(path))
    if quoted.startswith("/"):
        return "file:///" + quoted.lstrip("/")
    return quoted


def _bytes(path: str) -> bytes:
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return path.encode("utf-8", "replace")
