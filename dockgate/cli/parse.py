"""`dockgate parse`."""

from __future__ import annotations

import sys

from dockgate.cli.declare import Argument, Command
from dockgate.cli.output import write
from dockgate.cli.scope import SCOPE

COMMAND = Command(
    "parse",
    "Print a Dockerfile as JSON, as the linter sees it.",
    "dockgate.cli.parse:run",
    arguments=(Argument("file", "FILE", "A Dockerfile, or - for standard input."),),
    options=SCOPE,
    examples=("dockgate parse Dockerfile",),
)


def run(*, file: str, build_arg: tuple[str, ...], target: str | None, platform: str | None) -> int:
    """Print the model; 1 when BuildKit would refuse the file. Raises UsageError."""
    import json

    from dockgate.linter import document, dump, files
    from dockgate.linter.run import MAX_DOCKERFILE_BYTES, build_args, unreadable

    if file == "-":
        data = sys.stdin.buffer.read(MAX_DOCKERFILE_BYTES + 1)
    else:
        data = files.read(file, MAX_DOCKERFILE_BYTES)
    reason = unreadable(data)
    if reason:
        from dockgate.linter.errors import UnfinishedError

        raise UnfinishedError(f"{file}: {reason}")
    model = document.read(
        data, file, build_args=build_args(build_arg), target=target, platform=platform
    )
    write(json.dumps(dump.dump(model), ensure_ascii=False, indent=2) + "\n")
    return 1 if model.errors else 0
