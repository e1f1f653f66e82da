"""`dockgate explain`."""

from __future__ import annotations

from dockgate.cli.declare import RULES, Argument, Command
from dockgate.cli.output import write

COMMAND = Command(
    "explain",
    "Say what a rule is about, why it matters and how to write it better.",
    "dockgate.cli.explain:run",
    arguments=(
        Argument(
            "rule",
            "RULE",
            "A rule's name or a peer's code; one code may mean several.",
            completes=RULES,
        ),
    ),
    examples=("dockgate explain root-user", "dockgate explain DL3002"),
)


def run(*, rule: str) -> int:
    """Print the page of each rule that is meant. Raises UsageError for an unknown one."""
    from dockgate.linter.reporters import catalogue

    write(catalogue.page(rule))
    return 0
