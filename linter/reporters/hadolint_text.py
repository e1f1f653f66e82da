"""`--format hadolint-text`: `FILE:LINE CODE level: message`, as hadolint prints without options.

For editors that read hadolint's lines by a pattern: efm-langserver, flycheck.
"""

from __future__ import annotations

from dockgate.linter.report import Report
from dockgate.linter.reporters.frame import shown
from dockgate.linter.reporters.hadolint import entries


def render(report: Report) -> str:
    """One line for each finding in a Dockerfile; images have no place in it."""
    return "".join(
        f"{shown(entry['file'])}:{entry['line']} {entry['code']} {entry['level']}: "
        f"{shown(entry['message'])}\n"
        for entry in entries(report)
    )
