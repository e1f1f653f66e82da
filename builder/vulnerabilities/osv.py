"""OSV records: what of one is kept, and whether a version is affected.

https://ossf.github.io/osv-schema/ (fields, "Evaluation").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cmp_to_key
from typing import Any, NamedTuple

from dockgate.builder.versions import compare
from dockgate.builder.vulnerabilities.rating import Rating, of_advisory
from dockgate.rules.subjects.image import shown

START = "0"  #: as `introduced`: before every version
NO_LIMIT = "*"
_EVENTS = ("introduced", "fixed", "last_affected", "limit")
_TITLE = 200  #: characters
_CVE = re.compile(r"CVE-\d{4}-\d{4,}")
MAX_ID = 100  #: characters
MAX_IDS = 2_000  #: aliases and upstream ids of one record; a kernel update names about 900


class Affected(NamedTuple):
    """What a record says of one package, as it is kept."""

    ecosystem: str  #: with its release: `Debian:12`
    name: str
    ranges: list[tuple[str, list[tuple[str, str]]]]  #: type, and events: kind, version
    versions: list[str]
    binaries: dict[str, str]  #: SUSE's and others' packages made of a source; empty: any
    rating: Rating


class Record(NamedTuple):
    """An OSV record, as it is kept."""

    id: str
    modified: str  #: RFC 3339
    withdrawn: bool
    aliases: list[str]
    upstream: list[str]  #: what it mends in its distribution, CVEs mostly
    title: str
    affected: list[Affected]


class Verdict(NamedTuple):
    """Whether a version is affected, and the version that mends it ("" when none is known)."""

    affected: bool
    fixed: str = ""


def parse(document: object) -> Record:
    """A record of the JSON in a file. Raises ValueError where it is none."""
    if not isinstance(document, dict) or not isinstance(document.get("id"), str):
        raise ValueError("is no OSV record: it has no id")
    identity = document["id"]
    if not identity or len(identity) > MAX_ID or not identity.isprintable():
        raise ValueError("is no OSV record: its id is none")
    aliases = _ids(document.get("aliases"))
    upstream = _ids(document.get("upstream"))
    entries = document.get("affected")
    entries = [] if entries is None else entries
    if not isinstance(entries, list):
        raise ValueError(f"{identity}: affected is no list")
    affected = [_affected(entry, document) for entry in entries]
    if not aliases and not upstream and not _CVE.fullmatch(identity):
        # Errata of AlmaLinux, Rocky Linux and SUSE named their CVEs so before `upstream` came.
        upstream = [one for one in _ids(document.get("related")) if _CVE.fullmatch(one)]
    summary = document.get("summary") or str(document.get("details") or "").partition("\n")[0]
    return Record(
        identity,
        str(document.get("modified") or "")[:40],
        bool(document.get("withdrawn")),
        aliases,
        upstream,
        shown(str(summary).strip(), _TITLE),
        [one for one in affected if one is not None],
    )


def _ids(value: object) -> list[str]:
    if not isinstance(value, list):
        return []
    found = [
        one for one in value if isinstance(one, str) and one.isprintable() and len(one) <= MAX_ID
    ]
    return found[:MAX_IDS]


def _affected(entry: object, record: dict[str, Any]) -> Affected | None:
    """None for what has no package (ranges of commits alone)."""
    if not isinstance(entry, dict):
        raise ValueError(f"{record['id']}: an entry of affected is no object")
    package = entry.get("package")
    if package is None:
        return None
    name, ecosystem = (
        (package.get("name"), package.get("ecosystem")) if isinstance(package, dict) else (0, 0)
    )
    if not isinstance(name, str) or not isinstance(ecosystem, str):
        raise ValueError(f"{record['id']}: a package has no name or ecosystem")
    ranges = []
    for given in entry.get("ranges") or []:
        kind = given.get("type") if isinstance(given, dict) else None
        if kind not in ("SEMVER", "ECOSYSTEM", "GIT"):
            raise ValueError(f"{record['id']}: a range has the unknown type {str(kind)[:40]!r}")
        if kind != "GIT":
            ranges.append((kind, _events(given.get("events"), record["id"])))
    versions = entry.get("versions") or []
    if not isinstance(versions, list) or not all(isinstance(one, str) for one in versions):
        raise ValueError(f"{record['id']}: versions is no list of texts")
    return Affected(ecosystem, name, ranges, versions, _binaries(entry), of_advisory(record, entry))


def _events(value: object, identity: str) -> list[tuple[str, str]]:
    if not isinstance(value, list):
        raise ValueError(f"{identity}: a range has no events")
    found = []
    for event in value:
        pairs = list(event.items()) if isinstance(event, dict) else []
        if len(pairs) != 1 or pairs[0][0] not in _EVENTS or not isinstance(pairs[0][1], str):
            raise ValueError(f"{identity}: an event must be one of {', '.join(_EVENTS)}")
        found.append((pairs[0][0], pairs[0][1]))
    return found


def _binaries(entry: dict[str, Any]) -> dict[str, str]:
    specific = entry.get("ecosystem_specific")
    listed = specific.get("binaries") if isinstance(specific, dict) else None
    found: dict[str, str] = {}
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict):
            found.update({k: v for k, v in one.items() if isinstance(v, str)})
    return found


def evaluate(affected: Affected, version: str) -> Verdict:
    """Whether `version` is affected. Raises ValueError when that cannot be told.

    That is so when a version, the package's or an event's, is none of the ecosystem.
    """
    if not version:  # nothing states it; what is true of all versions is true of it
        if any(events == [("introduced", START)] for _, events in affected.ranges):
            return Verdict(True)
        raise ValueError("nothing states its version")
    listed = version in affected.versions or (
        not affected.ranges
        and any(_same(affected.ecosystem, version, v) for v in affected.versions)
    )
    unknown: ValueError | None = None
    fixed = ""
    for kind, events in affected.ranges:
        try:
            found = _in_range(events, version, _order(kind, affected.ecosystem))
        except ValueError as error:
            unknown = error
            continue
        if found.affected:
            return found
        fixed = fixed or found.fixed
    if listed:
        return Verdict(True, fixed)
    if unknown is not None:
        raise unknown
    return Verdict(False)


def _same(ecosystem: str, a: str, b: str) -> bool:
    """Whether two spellings are of one version: `1.0` and `1.0.0`."""
    try:
        return compare(ecosystem, a, b) == 0
    except ValueError:
        return False


def _order(kind: str, ecosystem: str) -> Callable[[str, str], int]:
    base = ecosystem.partition(":")[0]
    if kind == "SEMVER" and base != "Go":  # Go's programs write `go1.21.3` of themselves
        base = "npm"

    def order(a: str, b: str) -> int:
        if START in (a, b):
            return (a != START) - (b != START)
        return compare(base, a, b)

    return order


def _in_range(
    events: list[tuple[str, str]], version: str, order: Callable[[str, str], int]
) -> Verdict:
    """The schema's IncludedInRanges for one range; `fixed` is the first fix after the version."""
    limits = [at for kind, at in events if kind == "limit"]
    if limits and not any(at == NO_LIMIT or order(version, at) < 0 for at in limits):
        return Verdict(False)

    def by_version(a: tuple[str, str], b: tuple[str, str]) -> int:
        return order(a[1], b[1])

    timeline = sorted((e for e in events if e[0] != "limit"), key=cmp_to_key(by_version))
    affected = False
    fixed = ""
    for kind, at in timeline:
        sign = 1 if at == START else order(version, at)
        if kind == "introduced" and sign >= 0:
            affected = True
        elif (kind == "fixed" and sign >= 0) or (kind == "last_affected" and sign > 0):
            affected = False
        elif kind == "fixed" and not fixed:
            fixed = at
    return Verdict(affected, fixed)


def covers(record_id: str, aliases: list[str], upstream: list[str]) -> Iterator[str]:
    """The CVEs that a record stands for; nothing when it names none.

    Aliases name the same vulnerability, so one of them is enough; what stands upstream are as
    many vulnerabilities.
    """
    if _CVE.fullmatch(record_id):
        yield record_id
        return
    same = sorted(filter(_CVE.fullmatch, aliases))
    if same and not upstream:
        yield same[0]
        return
    yield from dict.fromkeys(filter(_CVE.fullmatch, [*same, *upstream]))
