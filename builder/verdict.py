"""Findings + policy -> verdict. Pure: no file, no engine, no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dockgate.builder.policy import Limits, VulnerabilityLimits
from dockgate.linter.configuration.sizes import human_size
from dockgate.linter.report import FileReport, ImageReport
from dockgate.rules.rule import Finding
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.vulnerability import UNRATED

ACCEPTED = "accepted"
REFUSED = "refused"
UNDECIDED = "undecided"
EXIT_CODES = {ACCEPTED: 0, REFUSED: 1, UNDECIDED: 3}
REASON_LIMIT = 100  #: reasons that are told; the findings themselves are all in the report
_NAMES_TOLD = 5  #: vulnerabilities in one reason
_SHORT_DIGEST = len("sha256:") + 12


class Verdict(NamedTuple):
    """What is to happen to an image, and why; `reasons` is empty when it is accepted."""

    state: str
    reasons: list[str]


def judge_build(file: FileReport, foreign_bases: Sequence[str], limits: Limits) -> Verdict:
    """The verdict before anything is built; ACCEPTED only means that building may start."""
    refusals = [_in_file(file, finding) for finding in _refused(file.findings, limits)]
    failures = [f"{file.path}: {failure}" for failure in file.failures]
    return _verdict([*refusals, *foreign_bases], failures)


def judge_image(
    images: Sequence[Image], reports: Sequence[ImageReport], limits: Limits, *, base_known: bool
) -> Verdict:
    """The verdict on an image as it lies there, all its platforms.

    `base_known`: the Dockerfile that it was built from has been judged. An image alone does not
    tell its base, so limits on registries leave it undecided.
    """
    refusals: list[str] = []
    failures: list[str] = []
    for report in reports:
        refusals += [_in_image(report, finding) for finding in _refused(report.findings, limits)]
        failures += [f"{report.name}: {failure}" for failure in report.failures]
    for image in images:
        refusals += _past_limits(image, limits)
        failures += [
            f"{image.name}: layer {_short(layer.digest)} could not be looked into: {layer.unread}"
            for layer in image.layers
            if layer.unread
        ]
        refused, unknown = _vulnerabilities(image, limits.vulnerabilities)
        refusals += refused
        failures += unknown
    if not images or len(reports) != len(images):
        failures.append("not every image was checked")
    if limits.limits_registries and not base_known:
        failures.append("policy base_image: a finished image does not tell where its base is from")
    failures += [f"policy {request}" for request in limits.unchecked]
    return _verdict(refusals, failures)


def undecided(reason: str) -> Verdict:
    """The verdict where something could not be finished."""
    return Verdict(UNDECIDED, [reason])


def _verdict(refusals: Sequence[str], failures: Sequence[str]) -> Verdict:
    reasons = list(dict.fromkeys([*refusals, *failures]))
    if len(reasons) > REASON_LIMIT:
        left = len(reasons) - REASON_LIMIT
        reasons = [*reasons[:REASON_LIMIT], f"and {left} more"]
    if refusals:
        return Verdict(REFUSED, reasons)
    return Verdict(UNDECIDED, reasons) if failures else Verdict(ACCEPTED, [])


def _refused(findings: Sequence[Finding], limits: Limits) -> list[Finding]:
    return [finding for finding in findings if finding.severity >= limits.refuse_at]


def _in_file(file: FileReport, finding: Finding) -> str:
    line = file.text.position(finding.span.start).line if finding.span is not None else 1
    return f"{file.path}:{line}: {finding.rule.name}: {finding.message}"


def _in_image(report: ImageReport, finding: Finding) -> str:
    place = report.name
    if finding.layer:
        place += f", layer {_short(finding.layer)}"
    if finding.path:
        place += f", /{finding.path.lstrip('/')}"
    return f"{place}: {finding.rule.name}: {finding.message}"


def _vulnerabilities(image: Image, limits: VulnerabilityLimits) -> tuple[list[str], list[str]]:
    """What the limits say against an image, and what cannot be said.

    A vulnerability counts once, however many packages have it. What nobody has rated may be of any
    band: it matters where with it a limit would be passed.
    """
    refusals: list[str] = []
    failures: list[str] = []
    names: dict[str, dict[str, None]] = {}
    for one in image.vulnerabilities:
        band = limits.unrated if one.band == UNRATED and limits.unrated else one.band
        names.setdefault(band, {})[one.id] = None
    unrated = names.get(UNRATED, {})
    for band, most in limits.by_band.items():
        found = names.get(band, {})
        told = f"{image.name}: policy vulnerabilities.max_{band}: at most {most} are allowed"
        if len(found) > most:
            refusals.append(f"{told}, it has {len(found)}: {_few(found)}")
        elif len(found) + len(unrated) > most:
            failures.append(f"{told}, and nobody has rated {len(unrated)}: {_few(unrated)}")
    if limits.by_band:
        asked = ", ".join(f"max_{band}" for band in limits.by_band)
        failures += [
            f"{image.name}: policy vulnerabilities.{asked}: cannot be told: {gap}"
            for gap in image.vulnerability_gaps
        ]
    return refusals, failures


def _few(names: Iterable[str]) -> str:
    """The first few."""
    listed = list(names)
    more = f" and {len(listed) - _NAMES_TOLD} more" if len(listed) > _NAMES_TOLD else ""
    return ", ".join(listed[:_NAMES_TOLD]) + more


def _past_limits(image: Image, limits: Limits) -> list[str]:
    reasons: list[str] = []
    if limits.max_size is not None and image.unpacked > limits.max_size:
        reasons.append(
            f"{image.name}: policy size.max_size: the image has {human_size(image.unpacked)}, "
            f"at most {human_size(limits.max_size)} are allowed"
        )
    if limits.max_layers is not None and len(image.layers) > limits.max_layers:
        reasons.append(
            f"{image.name}: policy size.max_layers: the image has {len(image.layers)} layers, "
            f"at most {limits.max_layers} are allowed"
        )
    reasons += [
        f"{image.name}: policy base_image.required_labels: there is no label {label}"
        for label in limits.required_labels
        if not image.config.labels.get(label)
    ]
    return reasons


def _short(digest: str) -> str:
    return digest[:_SHORT_DIGEST]
