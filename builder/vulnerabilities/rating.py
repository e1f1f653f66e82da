"""How bad a vulnerability is: a CVSS score where there is one, else a distribution's word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from dockgate.builder.vulnerabilities import cvss
from dockgate.rules.subjects.vulnerability import (
    BANDS,
    CRITICAL,
    HIGH,
    LOW,
    MEDIUM,
    NONE,
    UNRATED,
    band_of,
)

#: What advisories and scanners say, in lower case.
_WORDS = {
    "critical": CRITICAL, "defcon1": CRITICAL, "high": HIGH, "important": HIGH,
    "medium": MEDIUM, "moderate": MEDIUM,
    "low": LOW, "minor": LOW, "negligible": LOW, "unimportant": LOW,
    "none": NONE, "informational": NONE,
}  # fmt: skip
_MALICIOUS = "MAL-"  #: ids of packages that are malware as such


class Rating(NamedTuple):
    """A band, and the score that it follows from; None where it is somebody's word."""

    band: str = UNRATED
    score: float | None = None


def worse(a: Rating, b: Rating) -> Rating:
    """The rating that counts of two: a score before a word, the higher of two scores."""
    if a.score is not None and b.score is not None:
        return a if a.score >= b.score else b
    if (a.score is None) != (b.score is None):
        return a if b.score is None else b
    if UNRATED in (a.band, b.band):
        return a if b.band == UNRATED else b
    return min(a, b, key=lambda rating: BANDS.index(rating.band))


def of_word(word: object) -> Rating:
    """The rating that a word stands for: `IMPORTANT`, `negligible`; unrated for any other."""
    text = word.strip().lower().rstrip("*") if isinstance(word, str) else ""
    return Rating(_WORDS.get(text, UNRATED))


def of_score(value: float) -> Rating:
    """The rating of a CVSS score. Raises ValueError when it is none."""
    if not 0.0 <= value <= 10.0:
        raise ValueError(f"{value} is no CVSS score")
    return Rating(band_of(value), round(value, 1))


def of_advisory(record: dict[str, Any], affected: dict[str, Any]) -> Rating:
    """The rating of an OSV record for one of the packages that it affects.

    Of several vectors the worst counts, one of version 2 only where it is alone.
    """
    if str(record.get("id", "")).startswith(_MALICIOUS):
        return Rating(CRITICAL)
    scores: dict[bool, list[float]] = {False: [], True: []}
    words = []
    for entry in [*_objects(affected.get("severity")), *_objects(record.get("severity"))]:
        kind, value = entry.get("type"), entry.get("score")
        if not isinstance(value, str):
            continue
        if not str(kind).startswith("CVSS"):
            words.append(value)
            continue
        try:
            scores[kind == "CVSS_V2"].append(cvss.score(value))
        except ValueError:
            continue  # what cannot be read rates nothing: the next in line does
    found = scores[False] or scores[True]
    if found:
        return of_score(max(found))
    words += _words(affected, record)
    rated = [rating for rating in map(of_word, words) if rating.band != UNRATED]
    return rated[0] if rated else Rating()


def _words(affected: dict[str, Any], record: dict[str, Any]) -> Iterator[Any]:
    for holder in (affected, record):
        for field in ("ecosystem_specific", "database_specific"):
            inner = holder.get(field)
            if isinstance(inner, dict):
                yield from (inner.get(key) for key in ("severity", "urgency", "ubuntu_priority"))


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
