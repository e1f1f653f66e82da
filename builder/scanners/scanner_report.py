"""What a scanner's report says, whichever scanner made it; and the parts that are read alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dockgate.builder.vulnerabilities.rating import Rating, of_score, of_word
from dockgate.rules.subjects.image import shown
from dockgate.rules.subjects.vulnerability import NONE, UNRATED, Vulnerability

MAX_BYTES = 256 << 20  #: of a report
#: Vulnerabilities of one report; the worst images have about 20,000.
MAX_VULNERABILITIES = 500_000


class ReportError(ValueError):
    """A report that is not of the form that its scanner writes: one line, without its name."""


@dataclass
class ScannerReport:
    """One report. What it says of its image is "" or empty where it says nothing."""

    tool: str
    vulnerabilities: list[Vulnerability] = field(default_factory=list)
    digests: set[str] = field(default_factory=set)  #: of manifest, index or configuration
    diff_ids: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    made: datetime | None = None
    data_as_of: datetime | None = None  #: of the data that the scanner used
    looked: bool = True  #: False: it names nothing that it has looked at
    of_image: bool = True  #: False: it says itself that it is about something else than an image
    gaps: list[str] = field(default_factory=list)  #: what it leaves out by its own word


def text(holder: Any, key: str, *, required: bool = False) -> str:
    """A text of an object, "" where it is null or missing. Raises ReportError."""
    value = holder.get(key) if isinstance(holder, dict) else None
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value):
        raise ReportError(f"{key} is no text")
    return value


def objects(holder: Any, key: str) -> list[dict[str, Any]]:
    """A list of objects, empty where it is null or missing. Raises ReportError."""
    value = holder.get(key) if isinstance(holder, dict) else None
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ReportError(f"{key} is no list of objects")
    return value


def mapping(holder: Any, key: str) -> dict[str, Any]:
    """An object, empty where it is null or missing. Raises ReportError."""
    value = holder.get(key) if isinstance(holder, dict) else None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ReportError(f"{key} is no object")
    return value


def texts(holder: Any, key: str) -> list[str]:
    """The texts in a list; one text counts as a list of it."""
    value = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def day(value: str) -> datetime | None:
    """An RFC 3339 time; None where there is none."""
    try:
        # Go writes nanoseconds, of which fromisoformat takes the first six digits.
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def moment(seconds: Any) -> datetime | None:
    """A time in seconds since 1970; None where there is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else None
    except (OverflowError, ValueError, OSError):
        return None


def digest(value: str) -> str:
    """The `sha256:…` at the end of a name, or of an id without it; "" for what has none."""
    name = value.rpartition("@")[2]
    if name.startswith(("sha256:", "sha512:")):
        return name
    return f"sha256:{name}" if len(name) == 64 and set(name) <= set("0123456789abcdef") else ""


def rated(scores: Iterable[Any], words: Iterable[object]) -> Rating:
    """The worst score, or the first word that rates. A score of 0 is taken as there being none."""
    found = [float(s) for s in scores if isinstance(s, int | float) and 0 < float(s) <= 10]
    if found:
        return of_score(max(found))
    for word in words:
        rating = of_word(word)
        if rating.band != UNRATED:
            return rating
    return Rating()


def found(
    tool: str,
    identity: str,
    rating: Rating,
    package: str,
    version: str,
    *,
    aliases: Iterable[str] = (),
    **more: str,
) -> Vulnerability:
    """A vulnerability whose texts are fit to be shown; its id is the CVE among its names."""
    names = [identity, *aliases]
    best = min(names, key=lambda name: (not name.startswith("CVE-"), names.index(name)))
    others = tuple(sorted({shown(name, 100) for name in names} - {shown(best, 100)}))
    return Vulnerability(
        shown(best, 100),
        rating.band,
        shown(package),
        shown(version),
        score=rating.score,
        aliases=others,
        source=tool,
        **{key: shown(value) for key, value in more.items()},
    )


def each(
    tool: str,
    identity: str,
    rating: Rating,
    package: str,
    version: str,
    *,
    aliases: Iterable[str] = (),
    **more: str,
) -> Iterator[Vulnerability]:
    """As `found`, but an advisory that stands for several CVEs is as many vulnerabilities."""
    names = list(dict.fromkeys([identity, *aliases]))
    known = [name for name in names if name.startswith("CVE-")]
    if len(known) < 2:
        yield found(tool, identity, rating, package, version, aliases=names[1:], **more)
        return
    others = [name for name in names if name not in known]
    for name in known:
        yield found(tool, name, rating, package, version, aliases=others, **more)


def counted(vulnerabilities: Iterable[Vulnerability]) -> list[Vulnerability]:
    """Each once, but for what harms nobody. Raises ReportError past the bound."""
    kept = dict.fromkeys(one for one in vulnerabilities if one.band != NONE)
    if len(kept) > MAX_VULNERABILITIES:
        raise ReportError(f"has more than {MAX_VULNERABILITIES:,} vulnerabilities")
    return list(kept)
