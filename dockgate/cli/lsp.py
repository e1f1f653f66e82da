"""`dockgate lsp`."""

from __future__ import annotations

from dockgate.cli.declare import Command

COMMAND = Command(
    "lsp",
    "Serve editors: the language server protocol on standard input and output.",
    "dockgate.cli.lsp:run",
    examples=("dockgate lsp",),
)


def run() -> int:
    """Serve until the editor ends it; gives the exit code."""
    from dockgate.linter.lsp import serve

    return serve()
