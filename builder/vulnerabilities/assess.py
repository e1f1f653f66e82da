"""The vulnerabilities of images: by a report, by a scanner that is installed, or by our own data.

What is found stands in `Image.vulnerabilities` afterwards, and why there may be more in
`Image.vulnerability_gaps`: with gaps nobody can say that an image is within a limit.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dockgate.builder.vulnerabilities import database, exceptions, ignore_files, vex
from dockgate.linter.errors import UsageError
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.vulnerability import NONE, Vulnerability

if TYPE_CHECKING:
    from dockgate.builder.policy import VulnerabilityLimits
    from dockgate.builder.scanners.running import Scanner
    from dockgate.builder.scanners.scanner_report import ScannerReport

AUTO, OWN, OFF = "auto", "osv", "off"
TRIVY = "trivy"
SCANNERS = (TRIVY, "grype")
SOURCES = (AUTO, *SCANNERS, OWN, OFF)
#: Accepted vulnerabilities that are told one by one.
MAX_TOLD = 50
#: Vulnerabilities of what a lock names that are told by name.
_HINTS = 5


class _Known(NamedTuple):
    """As `match.Matched`."""

    vulnerabilities: list[Vulnerability]
    gaps: list[str]
    hints: list[Vulnerability] = []  # noqa: RUF012 (never changed)


class Options(NamedTuple):
    """Where the vulnerabilities of an image are taken from, and what is left out of account."""

    source: str = AUTO  #: one of `SOURCES`
    report: str | None = None  #: a scanner's report, in place of a scan
    vex: tuple[str, ...] = ()
    ignore_files: tuple[str, ...] = ()  #: besides those of the folder

    def check(self) -> None:
        """Raise UsageError for a file that cannot be read: told before a long build, not after."""
        for path in self.vex:
            vex.read(path)
        for path in self.ignore_files:
            ignore_files.read(path)


def assess(
    images: Sequence[Image],
    source: str,
    options: Options,
    limits: VulnerabilityLimits,
    *,
    repository_speaks: bool,
) -> list[str]:
    """Fill in what is known of each image; what is to be told besides, one line each.

    `source`: where the images were read from. `repository_speaks`: the ignore files of the
    folder count. Raises UsageError, and UnfinishedError for a scanner that fails.
    """
    today = database.now()
    paths = [*options.ignore_files, *(ignore_files.nearest() if repository_speaks else ())]
    ignores = [
        *limits.ignores,
        *(one for path in dict.fromkeys(paths) for one in ignore_files.read(path)),
    ]
    statements = [one for path in options.vex for one in vex.read(path)]
    found = _Finder(source, options, limits, today)
    told: list[str] = []
    for image in images:
        known = found.of(image, alone=len(images) == 1)
        names = _names(image)
        counting = [one for one in known.vulnerabilities if one.band != NONE]
        left, accepted, lines = exceptions.apply(counting, ignores, statements, names, today.date())
        image.vulnerabilities, image.vulnerability_gaps = left, known.gaps
        told += lines
        told += [
            f"{image.name}: {one.vulnerability.id} of {one.vulnerability.package} does not count: "
            f"{one.reason}"
            for one in accepted[:MAX_TOLD]
        ]
        if len(accepted) > MAX_TOLD:
            told.append(f"{image.name}: and {len(accepted) - MAX_TOLD} more that do not count")
        hints, _, _ = exceptions.apply(known.hints, ignores, statements, names, today.date())
        told += [f"{image.name}: {hint}" for hint in _hinted(hints)]
        told += [f"{image.name}: vulnerabilities: {gap}" for gap in known.gaps]
    return list(dict.fromkeys(told))


class _Finder:
    """Decides once where the knowledge comes from, then asks for each image."""

    def __init__(
        self, source: str, options: Options, limits: VulnerabilityLimits, today: datetime
    ) -> None:
        self._source = source
        self._options = options
        self._max_age = timedelta(days=limits.max_age)
        self._today = today
        self._report: ScannerReport | None = None
        self._scanner: Scanner | None = None
        if options.report is not None:
            from dockgate.builder.scanners.reading import read

            self._report = read(options.report)
        elif options.source in (AUTO, *SCANNERS):
            self._scanner = self._installed()

    def _installed(self) -> Scanner | None:
        """The scanner to use; None where there is none with data, and none was asked for."""
        from dockgate.builder.scanners.running import find

        asked = self._options.source
        for name in SCANNERS if asked == AUTO else (asked,):
            scanner = find(name)
            if scanner is not None and scanner.data_as_of is not None:
                return scanner
            if asked != AUTO:
                missing = "is not installed" if scanner is None else "has no data: let it update"
                raise UsageError(f"{name} {missing}")
        return None

    def of(self, image: Image, *, alone: bool) -> _Known:
        """What is known of an image, and why there may be more."""
        if self._report is not None:
            return self._by_report(self._report, image, alone)
        if self._options.source == OFF:
            return _Known([], ["they were not looked for (--vulnerabilities off)"])
        if self._scanner is not None and (
            os.path.exists(self._source) or self._options.source != AUTO
        ):
            return self._by_scanner(self._scanner, image)
        return self._by_data(image)

    def _by_report(self, report: ScannerReport, image: Image, alone: bool) -> _Known:
        from dockgate.builder.scanners.reading import check_image

        path = self._options.report or ""
        unsure = check_image(report, image, path, alone=alone)
        gaps = [unsure] if unsure else []
        if not report.looked:
            gaps.append(f"{path}: the report of {report.tool} names nothing that was looked at")
        gaps += [f"{path}: the report of {report.tool}: {gap}" for gap in report.gaps]
        gaps += self._old(f"{path}: the report", report.made)
        gaps += self._old(f"{path}: the data of {report.tool}", report.data_as_of)
        return _Known(_placed(report.vulnerabilities, image), gaps)

    def _by_scanner(self, scanner: Scanner, image: Image) -> _Known:
        from dockgate.builder.scanners.running import scan
        from dockgate.builder.workspace import workspace

        with workspace() as folder:
            report = scan(scanner, self._source, image, Path(folder))
        gaps = self._old(f"the data of {scanner.name}", report.data_as_of)
        gaps += [f"{scanner.name}: {gap}" for gap in report.gaps]
        if not report.looked:
            gaps.append(f"{scanner.name} has found no packages to look at")
        if scanner.name == TRIVY:  # grype reads package managers that we do not
            from dockgate.builder.packages.inventory import inventory

            gaps += inventory(image).unread
        return _Known(_placed(report.vulnerabilities, image), gaps)

    def _by_data(self, image: Image) -> _Known:
        from dockgate.builder.packages.inventory import inventory
        from dockgate.builder.vulnerabilities.match import match

        data = database.open_database()
        if data is None:
            return _Known(
                [],
                ["there is no data: `dockgate db update --from FILE`, or install Trivy or grype"],
            )
        with data:
            return _Known(*match(inventory(image), data, self._max_age, self._today))

    def _old(self, what: str, when: datetime | None) -> list[str]:
        if when is None or self._today - when <= self._max_age:
            return []
        return [f"{what} is of {when:%Y-%m-%d}, older than {self._max_age.days} days"]


def _hinted(hints: Sequence[Vulnerability]) -> Iterator[str]:
    """A line for each lock file that names packages with vulnerabilities."""
    by_path: dict[str, list[str]] = {}
    for one in hints:
        if one.band != NONE:
            by_path.setdefault(one.path, []).append(f"{one.id} of {one.package} {one.version}")
    for path, names in by_path.items():
        more = f" and {len(names) - _HINTS} more" if len(names) > _HINTS else ""
        yield (
            f"/{path} names packages with known vulnerabilities, which nothing tells to be "
            f"installed: they do not count: {', '.join(names[:_HINTS])}{more}"
        )


def _placed(vulnerabilities: Sequence[Vulnerability], image: Image) -> list[Vulnerability]:
    """Scanners name a layer by its digest or by that of its tar: the digest as stored is ours."""
    layers = {layer.diff_id: layer.digest for layer in image.layers}
    layers |= {layer.digest: layer.digest for layer in image.layers}
    return [one._replace(layer=layers.get(one.layer, "")) for one in vulnerabilities]


def _names(image: Image) -> list[str]:
    """What a VEX document may call the image: by digest, and by a package URL."""
    digests = [one for one in (image.digest, image.root_digest, image.config_digest) if one]
    name = image.name.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    known = [f"pkg:oci/{name}@{digest}" for digest in digests if not os.path.exists(image.name)]
    return [*dict.fromkeys(digests), *dict.fromkeys(known)]
