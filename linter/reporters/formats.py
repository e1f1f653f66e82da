"""The output formats by name, each made by one module of this package, imported when it is asked.

Every one of them renders whole reports: of files, of images, with or without a verdict.
"""

from __future__ import annotations

from importlib import import_module

from dockgate.linter.report import Report

#: Name -> module with `render(report) -> str`.
_MODULES = {
    "text": "text",
    "grouped": "grouped",
    "short": "short",
    "json": "json_v1",
    "jsonl": "jsonl",
    "hadolint": "hadolint",
    "hadolint-text": "hadolint_text",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "gitlab-container-scanning": "gitlab_container",
    "checkstyle": "checkstyle",
    "junit": "junit",
    "sonarqube": "sonarqube",
    "markdown": "markdown",
    "html": "html",
}
_FILES_ONLY = ("hadolint", "hadolint-text", "gitlab", "checkstyle", "sonarqube")
_IMAGES_ONLY = ("gitlab-container-scanning",)
#: What `lint` prints.
LINT = tuple(name for name in _MODULES if name not in _IMAGES_ONLY)
#: What `build` and `scan` print.
IMAGE = tuple(name for name in _MODULES if name not in _FILES_ONLY)


def render(
    report: Report,
    format: str,
    *,
    color: bool = False,
    brief: bool = False,
    statistics: bool = False,
    columns: int | None = None,
) -> str:
    """The report in a format of `LINT` or `IMAGE`.

    `color`, `brief` and `columns` (of the terminal; None: it is none) are for `text` alone,
    `statistics` for `text` and `json`.
    """
    if format == "text":
        from dockgate.linter.reporters import text

        return text.render(report, color=color, brief=brief, statistics=statistics, columns=columns)
    module = import_module(f"{__package__}.{_MODULES[format]}")
    if format == "json":
        return str(module.render(report, statistics=statistics))
    rendered: str = module.render(report)
    return rendered
