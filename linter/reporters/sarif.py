"""`--format sarif`: SARIF 2.1.0, for GitHub code scanning, editors and dashboards.

Rules are those that fired, sorted, so that an index means the same in every run that has the same
findings. What could not be finished is told twice: as the notifications that SARIF has for it, and
as a result, because those who show only results would take silence for a success.
"""

from __future__ import annotations

import json
import os

from dockgate import __version__
from dockgate.linter.report import FileReport, Origin, Report
from dockgate.linter.reporters.addresses import relative, uri
from dockgate.linter.reporters.fingerprint import Fingerprints
from dockgate.linter.reporters.place import made_by, utf16
from dockgate.linter.reporters.rows import Row, rows, span
from dockgate.linter.reporters.sarif_rules import LEVELS, descriptor, sentence
from dockgate.rules.finding import Fix
from dockgate.rules.subjects.text import Span, Text

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
SOURCE = "SRCROOT"  #: the folder that dockgate ran in
IMAGES = "IMAGES"  #: what paths in images start at: the image's name, then the path in it
FINGERPRINT = "dockgateLine/v1"
MAX_SNIPPET = 5_000  #: characters of source beside a finding; of a larger span none are shown


def render(report: Report) -> str:
    """The report as a SARIF log with one run, and a line end."""
    found = list(rows(report))
    names = sorted({row.rule for row in found})
    index = {name: number for number, name in enumerate(names)}
    fired = {row.rule: row for row in reversed(found)}
    driver = {
        "name": "dockgate",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [descriptor(fired[name]) for name in names],
    }
    fingerprint = Fingerprints(with_place=False)
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "automationDetails": {"id": _automation(report)},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": _bases(report),
        "invocations": [_invocation(report, found)],
        "results": [_result(row, index[row.rule], fingerprint(row)) for row in found],
    }
    if report.verdict:
        run["properties"] = {
            "verdict": report.verdict,
            "reasons": report.reasons,
            "digest": report.digest,
        }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _automation(report: Report) -> str:
    """What kind of run it is: later runs of the same kind replace it (SARIF 3.17.3)."""
    if report.files or not report.images:
        return "dockgate/build/" if report.verdict else "dockgate/lint/"
    return f"dockgate/scan/{uri(report.images[0].name).replace('/', '%2F')}/"


def _bases(report: Report) -> dict[str, Any]:
    bases = {SOURCE: {"description": {"text": "The folder that dockgate ran in."}}}
    if report.images:
        text = "The images: the first segment of a path is an image's name."
        bases[IMAGES] = {"description": {"text": text}}
    return bases


def _invocation(report: Report, found: list[Row]) -> dict[str, Any]:
    undone = [row for row in found if row.finding is None]
    successful = not report.failures and report.verdict != "undecided"
    invocation: dict[str, Any] = {"executionSuccessful": successful}
    if undone:
        invocation["toolExecutionNotifications"] = [
            {
                "level": "error",
                "message": {"text": sentence(f"{row.rule}: {row.message}")},
                "locations": [{"physicalLocation": _physical(row)}],
            }
            for row in undone
        ]
    return invocation


def _result(row: Row, index: int, fingerprint: str) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": _physical(row)}
    if row.image is not None:
        location["logicalLocations"] = _logical(row)
    origin = row.origin
    locations, related = [location], []
    if origin is not None and origin.on_disk and origin.place:
        # GitHub shows what is in a file of the repository, and nothing else.
        made = {"text": sentence(f"Made by {made_by(origin)}")}
        locations, related = [_in_dockerfile(origin, row)], [{"id": 1, **location, "message": made}]
    result: dict[str, Any] = {
        "ruleId": row.rule,
        "ruleIndex": index,
        "level": LEVELS[row.severity],
        "message": {"text": _message(row)},
        "locations": locations,
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }
    if related:
        result["relatedLocations"] = related
    if row.file is not None and row.finding is not None:
        fixes = [_fix(row.file, fix) for fix in row.finding.fixes if not row.file.reveals(fix)]
        if fixes:
            result["fixes"] = fixes
        if row.finding.stage is not None:
            result["properties"] = {"stage": row.finding.stage.label}
    return result


def _in_dockerfile(origin: Origin, row: Row) -> dict[str, Any]:
    """The line of the Dockerfile that made the layer."""
    return {
        "physicalLocation": {
            "artifactLocation": _artifact(origin.file),
            "region": {"startLine": origin.line},
        },
        "logicalLocations": _logical(row),
    }


def _message(row: Row) -> str:
    text = sentence(row.message)
    if row.origin is not None:
        text += " " + sentence(f"Made by {made_by(row.origin)}")
    if row.finding is not None and row.finding.help:
        text += " " + sentence(row.finding.help)
    return text


def _physical(row: Row) -> dict[str, Any]:
    """Where a row is. GitHub wants a region of everything: of an image it is the first column."""
    if row.file is None:
        segments = [row.where, row.inside] if row.image is not None else ["verdict"]
        return {
            "artifactLocation": {"uri": _image_uri(*segments), "uriBaseId": IMAGES},
            "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
        }
    if row.finding is None:
        region: dict[str, Any] = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}
    else:
        covered = span(row.file, row.finding)
        region = _region(row.file.text, covered)
        shown = row.file.text[covered]
        if 0 < len(shown) <= MAX_SNIPPET:
            region["snippet"] = {"text": shown}
    return {"artifactLocation": _artifact(row.file.path), "region": region}


def _artifact(path: str) -> dict[str, str]:
    path = relative(path)
    if os.path.isabs(path):
        return {"uri": uri(path)}
    return {"uri": uri(path), "uriBaseId": SOURCE}


def _image_uri(name: str, inside: str = "") -> str:
    return uri(name).replace("/", "%2F").removeprefix("file:%2F%2F") + uri("." + inside)[1:]


def _logical(row: Row) -> list[dict[str, str]]:
    """The image, the layer and the path, one in the other."""
    assert row.image is not None
    layer = (row.finding.layer if row.finding is not None else None) or ""
    found = {"name": row.where or row.image.digest or "image", "kind": "image"}
    parts = [part for part in (row.where, row.image.digest, layer, row.inside) if part]
    if row.finding is not None and (row.inside or layer):
        found = {"name": row.inside or layer, "kind": "file" if row.inside else "layer"}
    return [{**found, "fullyQualifiedName": " ".join(parts) or "image"}]


def _region(text: Text, covered: Span) -> dict[str, Any]:
    (line, start), (end_line, end) = utf16(text, covered.start), utf16(text, covered.end)
    return {
        "startLine": line + 1,
        "startColumn": start + 1,
        "endLine": end_line + 1,
        "endColumn": end + 1,
    }


def _fix(file: FileReport, fix: Fix) -> dict[str, Any]:
    kind = "Safe fix" if fix.safe else "Unsafe fix"
    return {
        "description": {"text": sentence(f"{kind}: {file.redacted(fix.title)}")},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(file.path),
                "replacements": [
                    {
                        "deletedRegion": _region(file.text, edit.span),
                        "insertedContent": {"text": edit.text},
                    }
                    for edit in sorted(fix.edits)
                ],
            }
        ],
    }
