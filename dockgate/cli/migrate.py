"""`dockgate migrate`."""

from __future__ import annotations

from dockgate.cli.declare import Argument, Command, Option
from dockgate.cli.output import note, write
from dockgate.linter.errors import UsageError

COMMAND = Command(
    "migrate",
    "Move from hadolint: its configuration and its comments, with the same findings as before.",
    "dockgate.cli.migrate:run",
    arguments=(
        Argument(
            "paths",
            "PATH",
            "Folders to search (as .gitignore allows), Dockerfiles and .hadolint.yaml files. "
            "Default: the current folder.",
            many=True,
            required=False,
        ),
    ),
    options=(
        Option(
            "diff",
            ("--diff",),
            "flag",
            "Print what would change and write nothing: what is done without --write.",
            False,
        ),
        Option("write_files", ("--write",), "flag", "Write the files.", False),
    ),
    examples=("dockgate migrate", "dockgate migrate --write"),
)


def run(*, paths: tuple[str, ...], diff: bool, write_files: bool) -> int:
    """Tell or write; 3 when a file could not be looked at. Raises UsageError."""
    from dockgate.linter import migrate

    if diff and write_files:
        raise UsageError("--diff writes nothing: leave out --diff or --write")
    migration = migrate.plan(paths or (".",))
    for line in (*migration.notes, *migration.failures):
        note(line)
    changes = migration.changes
    if not changes:
        note("nothing of hadolint's is left to move")
    elif write_files:
        migration.write()
        for change in changes:
            note(f"wrote {change.path}")
        if any(change.before is None for change in changes):
            note("next: dockgate lint; then remove .hadolint.yaml, which dockgate no longer reads")
    else:
        write(migration.diff)
        count = "1 file" if len(changes) == 1 else f"{len(changes)} files"
        note(f"{count} to change, none written: dockgate migrate --write")
    return 3 if migration.failures else 0
