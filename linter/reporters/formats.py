"""The output formats by name, each made by one module of this package, imported when it is asked.

Every one of them renders whole reports: of files, of images, with or without a verdict.
"""

from __future__ import annotations

from importlib import import_module

from dockgate.linter.report import Report

#: Name -> module with `render(report) -> str`.
_MODULES = {
    "text": "text",
    "json": "json_v1",
    "hadolint": "hadolint",
}
LINT = tuple(_MODULES)  #: what `lint` prints
IMAGE = ("text", "json")  #: what `build` and `scan` print


def render(
    report: Report,
    format: str,
    *,
    color: bool = False,
    brief: bool = False,
    statistics: bool = False,
) -> str:
    """The report in a format of `LINT` or `IMAGE`; all but `text` look the same in any case."""
    if format == "text":
        from dockgate.linter.reporters import text

        return text.render(report, color=color, brief=brief, statistics=statistics)
    module = import_module(f"{__package__}.{_MODULES[format]}")
    rendered: str = module.render(report)
    return rendered
