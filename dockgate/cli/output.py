"""Writing to the terminal: UTF-8 whatever the locale says, and never an encoding error."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import TextIO


def encoded(text: str) -> bytes:
    """UTF-8; a lone surrogate (a byte that was not UTF-8) becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        import re

        return re.sub("[\ud800-\udfff]", "\ufffd", text).encode()


def write(text: str) -> None:
    """Write to standard output."""
    _write(sys.stdout, encoded(text))


def write_bytes(data: bytes) -> None:
    """Write to standard output as it is."""
    _write(sys.stdout, data)


def write_error(text: str) -> None:
    """Write to standard error."""
    _write(sys.stderr, encoded(text))


def note(line: str) -> None:
    """Write one line to standard error."""
    from dockgate.linter.reporters.frame import shown

    write_error(f"dockgate: {shown(line)}\n")


def _write(stream: TextIO | None, data: bytes) -> None:
    if stream is None:  # closed by the caller (`>&-`)
        return
    stream.flush()
    stream.buffer.write(data)
    stream.buffer.flush()


def wants_color(choice: str) -> bool:
    """Whether to colour standard output: `--color` first, then NO_COLOR, then the terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout is not None and sys.stdout.isatty()


def columns() -> int | None:
    """How wide the terminal is that standard output is; None where it is none."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns
