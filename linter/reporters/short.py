"""`--format short`: one line a finding, as compilers print it: FILE:LINE:COLUMN: what."""

from __future__ import annotations

from dockgate.linter.report import Report
from dockgate.linter.reporters.frame import shown
from dockgate.linter.reporters.rows import rows


def render(report: Report) -> str:
    """`FILE:LINE:COLUMN: SEVERITY RULE MESSAGE` for each row; nothing where nothing is."""
    return "".join(
        f"{shown(row.place)}: {row.severity.label} {row.rule} {shown(row.message)}\n"
        for row in rows(report)
    )
