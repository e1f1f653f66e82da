"""`dockgate rules`."""

from __future__ import annotations

from dockgate.cli.declare import Command, Option
from dockgate.cli.output import write

COMMAND = Command(
    "rules",
    "List every rule.",
    "dockgate.cli.rules:run",
    options=(
        Option("format", ("--format", "-f"), "text", "How to print.", "text", ("text", "json")),
    ),
    examples=("dockgate rules", "dockgate rules --format json"),
)


def run(*, format: str) -> int:
    """Print the catalogue; always 0."""
    from dockgate.linter.reporters import catalogue

    write(catalogue.as_json() if format == "json" else catalogue.as_text())
    return 0
