"""`--format gitlab-container-scanning`: GitLab's security report about an image, for `scan`.

What is found in an image is a vulnerability there. What the format has no place for (a finding in
the Dockerfile, a limit of the policy) stands among the messages of the scan.
"""

from __future__ import annotations

import json
import os
import time

from dockgate import __version__
from dockgate.linter import profiles
from dockgate.linter.report import Report
from dockgate.linter.reporters.fingerprint import DIGITS, Fingerprints
from dockgate.linter.reporters.place import made_by
from dockgate.linter.reporters.rows import Row, rows
from dockgate.rules.finding import Severity

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

VERSION = "15.2.1"  #: of GitLab's security report schemas
MAX_NAME = 255  #: characters, as the schema has it
MAX_SOLUTION = 7000

_SEVERITIES = {
    Severity.ERROR: "High",
    Severity.WARNING: "Medium",
    Severity.INFO: "Low",
    Severity.STYLE: "Info",
}


def render(report: Report) -> str:
    """The report as one JSON object and a line end. Its time is SOURCE_DATE_EPOCH, or now."""
    fingerprint = Fingerprints(with_place=True)
    found = list(rows(report))
    vulnerabilities = [
        _vulnerability(row, fingerprint(row)) for row in found if row.image and row.finding
    ]
    messages = [_message(row) for row in found if not (row.image and row.finding)]
    done = bool(report.images) and not report.failures and report.verdict != "undecided"
    now = _time()
    tool = {
        "id": "dockgate",
        "name": "dockgate",
        "version": __version__,
        "vendor": {"name": "dockgate"},
    }
    whole = {
        "version": VERSION,
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "type": "container_scanning",
            "start_time": now,
            "end_time": now,
            "status": "success" if done else "failure",
            "messages": messages,
        },
        "vulnerabilities": vulnerabilities,
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _vulnerability(row: Row, fingerprint: str) -> dict[str, Any]:
    assert row.finding is not None
    assert row.image is not None
    finding, rule = row.finding, row.finding.rule
    found: dict[str, Any] = {
        "id": _uuid(fingerprint),
        "name": rule.name.replace("-", " ").capitalize()[:MAX_NAME],
        "description": f"{finding.message}\n\n{_made(row)}{rule.why}".strip(),
        "severity": _SEVERITIES[finding.severity],
        "identifiers": _identifiers(row),
        "links": [{"url": link} for link in rule.references if link.startswith("https://")],
        "location": {
            "image": row.where or row.image.digest or "image",
            "operating_system": "unknown",
            "dependency": {
                "package": {"name": row.inside or "image configuration"},
                "version": finding.layer or row.image.digest,
            },
        },
    }
    if finding.help:
        found["solution"] = finding.help[:MAX_SOLUTION]
    return found


def _made(row: Row) -> str:
    return f"Made by: {made_by(row.origin)}\n\n" if row.origin is not None else ""


def _identifiers(row: Row) -> list[dict[str, str]]:
    assert row.finding is not None
    rule = row.finding.rule
    own = {"type": "dockgate", "name": rule.name, "value": rule.name}
    if rule.url:
        own["url"] = rule.url
    found = [own]
    for weakness in sorted(profiles.weaknesses(rule)):
        number = weakness.removeprefix("CWE-")
        url = f"https://cwe.mitre.org/data/definitions/{number}.html"
        found.append({"type": "cwe", "name": weakness, "value": number, "url": url})
    return found


def _message(row: Row) -> dict[str, str]:
    if row.finding is not None:
        return {"level": "warn", "value": f"{row.place}: {row.rule}: {row.message}"}
    level = "warn" if row.rule == "refused" else "fatal"
    return {"level": level, "value": f"{row.place}: {row.rule}: {row.message}"}


def _uuid(fingerprint: str) -> str:
    """A fingerprint in the form of a UUID of version 8 (RFC 9562: made of one's own data)."""
    assert len(fingerprint) == DIGITS
    return "-".join(
        (
            fingerprint[:8],
            fingerprint[8:12],
            "8" + fingerprint[13:16],
            "8" + fingerprint[17:20],
            fingerprint[20:],
        )
    )


def _time() -> str:
    try:
        moment = float(int(os.environ.get("SOURCE_DATE_EPOCH", "")))
        return _written(moment)
    except (ValueError, OverflowError, OSError):
        return _written(time.time())


def _written(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
