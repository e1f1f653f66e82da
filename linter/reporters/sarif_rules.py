"""Rules as SARIF has them: a descriptor for each that fired."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.linter import profiles
from dockgate.linter.reporters.rows import UNFINISHED, Row
from dockgate.rules.finding import Severity

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from dockgate.rules.rule import Rule

MAX_DESCRIPTION = 1_000  #: characters; GitHub takes 1024
MAX_TAGS = 10  #: GitHub shows as many

LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
    Severity.STYLE: "note",
}
_PROBLEMS = {"error": "error", "warning": "warning", "note": "recommendation"}

#: GitHub's bands: over 9.0 critical, from 7.0 high, from 4.0 medium. A rule is no vulnerability
#: with a score of its own: it gets the middle of the band that its severity stands for.
_SECURITY = {
    Severity.ERROR: "8.0",
    Severity.WARNING: "5.5",
    Severity.INFO: "3.0",
    Severity.STYLE: "1.0",
}
_UNDONE = {
    UNFINISHED: "dockgate could not finish: this is no success, whatever else was found.",
    "undecided": "Whether the image is acceptable could not be decided: it is not accepted.",
    "refused": "The image breaks a limit of the policy: it is not accepted.",
}


def sentence(text: str) -> str:
    """`text` with the full stop that SARIF asks for (2.1.0, 3.11.3)."""
    text = text.rstrip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def descriptor(row: Row) -> dict[str, Any]:
    """The rule of a row, or what stands for one where something could not be finished."""
    if row.finding is None:
        return _of_undone(row)
    rule = row.finding.rule
    level = LEVELS[rule.severity]
    properties: dict[str, Any] = {
        "tags": list(_tags(rule))[:MAX_TAGS],
        "precision": "high" if rule.enabled else "medium",
        "problem.severity": _PROBLEMS[level],
    }
    if profiles.is_security(rule):
        properties["security-severity"] = _SECURITY[rule.severity]
    if rule.aliases:
        properties["aliases"] = list(rule.aliases)
    found: dict[str, Any] = {"id": rule.name}
    if "-" in rule.name:  # a name that is the id again has no place (3.49.7)
        found["name"] = _pascal(rule.name)
    found |= {
        "shortDescription": {"text": _title(rule.name)},
        "fullDescription": {"text": sentence(_cut(" ".join(rule.why.split()) or rule.name))},
        "help": {"text": _help(rule), "markdown": _markdown(rule)},
    }
    if rule.url:
        found["helpUri"] = rule.url
    return {**found, "defaultConfiguration": {"level": level}, "properties": properties}


def _of_undone(row: Row) -> dict[str, Any]:
    text = _UNDONE.get(row.rule, _UNDONE[UNFINISHED])
    return {
        "id": row.rule,
        "name": _pascal(f"dockgate-{row.rule}"),
        "shortDescription": {"text": _title(row.rule)},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["dockgate"], "precision": "very-high", "problem.severity": "error"},
    }


def _tags(rule: Rule[Any]) -> Iterator[str]:
    yield "dockerfile" if rule.subject.__name__ == "Dockerfile" else "container"
    if rule.topic:
        yield rule.topic
    if profiles.is_security(rule):
        yield "security"
    for weakness in sorted(profiles.weaknesses(rule)):
        yield f"external/cwe/{weakness.lower()}"


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _title(name: str) -> str:
    return f"{name.replace('-', ' ').capitalize()}."


def _cut(text: str) -> str:
    if len(text) <= MAX_DESCRIPTION:
        return text
    return text[:MAX_DESCRIPTION].rsplit(" ", 1)[0] + " …"


def _help(rule: Rule[Any]) -> str:
    parts = [rule.why] if rule.why else []
    if rule.aliases:
        parts.append(f"Also known as: {', '.join(rule.aliases)}")
    if rule.references:
        parts.append("References:\n" + "\n".join(rule.references))
    parts.append(f"dockgate explain {rule.name}")
    return "\n\n".join(parts) + "\n"


def _markdown(rule: Rule[Any]) -> str:
    parts = [rule.why] if rule.why else []
    example = next((e for e in rule.examples if e.at and e.source), None)
    if example is not None:
        parts.append(f"Found in:\n\n{_code(example.source)}")
        if example.fixed is not None:
            parts.append(f"Fixed:\n\n{_code(example.fixed)}")
    if rule.aliases:
        parts.append("Also known as: " + ", ".join(f"`{alias}`" for alias in rule.aliases))
    if rule.references:
        parts.append("\n".join(f"- {_link(reference)}" for reference in rule.references))
    parts.append(f"More: `dockgate explain {rule.name}`")
    return "\n\n".join(parts) + "\n"


def _code(source: str) -> str:
    fence = "```"
    while fence in source:
        fence += "`"
    shown = "".join(c if c in "\t\n" or c.isprintable() else f"\\x{ord(c):02x}" for c in source)
    return f"{fence}dockerfile\n{shown.rstrip()}\n{fence}"


def _link(reference: str) -> str:
    return f"<{reference}>" if reference.startswith("https://") else reference
