"""Images + rules -> findings: the scan of what was built or found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dockgate.linter.engine import DEFAULT_SELECTION, Selection, check
from dockgate.linter.report import ImageReport
from dockgate.rules.finding import Finding
from dockgate.rules.registry import rules_of
from dockgate.rules.subjects.image import Image


def check_images(
    images: Sequence[Image], selection: Selection = DEFAULT_SELECTION
) -> list[ImageReport]:
    """What the image rules find in each image, in the same order.

    A rule that raises is a failure of its image's report. Layers that were not looked into are
    the verdict's concern: `Layer.unread`.
    """
    rules = list(rules_of("image").values())
    reports = []
    for image in images:
        findings, failures = check(image, rules, selection)
        if not image.has_config:  # what is found at no layer and no path is the configuration's
            findings = [one for one in findings if one.layer is not None or one.path is not None]
        findings = list(_as_placed(findings, selection))
        report = ImageReport(image.name, image.digest, findings, failures)
        report.image = image
        reports.append(report)
    return reports


def _as_placed(findings: Iterable[Finding], selection: Selection) -> Iterator[Finding]:
    """The findings as bad as the selection has them at their places in the image."""
    for finding in findings:
        severity = selection.severity_at(finding)
        if severity is not None:
            finding.severity = severity
            yield finding
