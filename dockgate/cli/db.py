"""`dockgate db update` and `dockgate db status`."""

from __future__ import annotations

from dockgate.cli.declare import Command, Option
from dockgate.cli.output import note, write

TYPE_CHECKING = False

if TYPE_CHECKING:
    from dockgate.builder.vulnerabilities.database import Coverage

_ZIP = "https://storage.googleapis.com/osv-vulnerabilities/Debian/all.zip"

COMMAND = Command(
    "db",
    "The vulnerability data that scan and build look things up in.",
    commands=(
        Command(
            "update",
            "Take vulnerability data from OSV's zips or JSON files; what else there is stays.",
            "dockgate.cli.db:update",
            options=(
                Option("source", ("--from",), "texts",
                       "A zip as osv.dev serves it (Debian/all.zip), a folder of OSV JSON files, "
                       f"or the https address of a zip, such as {_ZIP}.", (), metavar="FILE|URL"),
            ),
            examples=(
                "dockgate db update --from all.zip",
                "dockgate db update --from all.zip --from ./advisories",
            ),
        ),
        Command(
            "status",
            "Print which ecosystems the data covers, of which day it is, and where it lies.",
            "dockgate.cli.db:status",
            options=(
                Option("format", ("--format",), "text", "How to print it.", "text",
                       ("text", "json")),
            ),
            examples=("dockgate db status", "dockgate db status --format json"),
        ),
    ),
)  # fmt: skip


def update(*, source: tuple[str, ...]) -> int:
    """Update; prints what there is then. Raises UsageError, UnfinishedError."""
    from dockgate.builder.vulnerabilities.update import update as take
    from dockgate.linter.errors import UsageError

    if not source:
        raise UsageError(f"--from is missing: where the data is, for example {_ZIP}")
    write(_table(take(source)))
    return 0


def status(*, format: str) -> int:
    """Print the state; 1 where there is no data or it is too old for the default policy."""
    import json
    from datetime import timedelta

    from dockgate.builder.policy import MAX_DATA_AGE
    from dockgate.builder.vulnerabilities.database import default_path, now, open_database

    path = default_path()
    database = open_database(path)
    coverage = {}
    if database is not None:
        with database:
            coverage = database.coverage()
    old = [one for one in coverage.values() if now() - one.as_of > timedelta(days=MAX_DATA_AGE)]
    if format == "json":
        rows = [
            {
                "ecosystem": one.ecosystem,
                "as_of": one.as_of.isoformat(),
                "imported": one.imported.isoformat(),
                "records": one.records,
                "origin": one.origin,
                "stale": one in old,
            }
            for one in coverage.values()
        ]
        write(json.dumps({"path": str(path), "ecosystems": rows}, indent=2) + "\n")
    elif not coverage:
        write(f"{path}: no data: dockgate db update --from FILE\n")
    else:
        write(f"{path}\n{_table(coverage)}")
    if old:
        note(f"older than {MAX_DATA_AGE} days: {', '.join(one.ecosystem for one in old)}")
    return 1 if old or not coverage else 0


def _table(coverage: dict[str, Coverage]) -> str:
    """A line for each ecosystem."""
    from dockgate.builder.vulnerabilities.database import now

    width = max((len(name) for name in coverage), default=0)
    today = now()
    return "".join(
        f"  {one.ecosystem:<{width}}  {one.records:>8,} records  of {one.as_of:%Y-%m-%d} "
        f"({(today - one.as_of).days} days old)  from {one.origin}\n"
        for one in coverage.values()
    )
