"""Packages of an image + the database -> what is known of them, and what cannot be known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from dockgate.builder.packages.inventory import Inventory
from dockgate.builder.packages.package import Package
from dockgate.builder.versions import compare
from dockgate.builder.vulnerabilities.database import Advisory, Coverage, Database
from dockgate.builder.vulnerabilities.ecosystems import (
    covered,
    full_name,
    is_built_by,
    is_of_distribution,
    keys,
    releases,
    resolved,
)
from dockgate.builder.vulnerabilities.osv import covers, evaluate
from dockgate.builder.vulnerabilities.rating import Rating, worse
from dockgate.rules.subjects.image import shown
from dockgate.rules.subjects.vulnerability import BANDS, UNRATED, Vulnerability

SOURCE = "osv"
_PAGE = "https://osv.dev/vulnerability/"
_DAY = timedelta(days=1)
#: What cannot be decided is told package by package as far as this, then counted.
MAX_TOLD = 20


class Matched(NamedTuple):
    """What was found, and why there may be more: one line each, empty when all is known."""

    vulnerabilities: list[Vulnerability]
    gaps: list[str]
    #: of packages that only a lock names: they may be in the image or not, and do not count
    hints: list[Vulnerability]


class _Hit(NamedTuple):
    """A record that affects a package."""

    advisory: Advisory
    ecosystem: str
    fixed: str


def match(inventory: Inventory, database: Database, max_age: timedelta, today: datetime) -> Matched:
    """The known vulnerabilities of all packages, the worst first.

    A language's package that the distribution owns is left to the distribution's advisories, which
    know its fixes.
    """
    coverage = database.coverage()
    present = sorted({name for one in coverage.values() for name in one.releases})
    gaps = [*inventory.unread]
    used: set[str] = set()
    without: Counter[str] = Counter()
    undecided: list[str] = []
    found: list[Vulnerability] = []
    hints: list[Vulnerability] = []
    built = {one.name: one for one in inventory.packages if is_built_by(one, inventory.distro)}
    for package in inventory.packages:
        owner = built.get(package.owner)
        patterns = covered(owner or package, inventory.distro)
        # A release counts where its ecosystem's own data is there, not a stray record.
        names = [one for one in resolved(patterns, present) if _base(one) in coverage]
        if package.declared:
            hints += _of_package(package, names, database, [])
            continue
        if not names:
            without[_kind(package, patterns, inventory)] += 1
            continue
        if owner is not None:
            continue
        used.update(map(_base, names))
        found += _of_package(package, names, database, undecided)
    gaps += [f"there is no vulnerability data for {kind} ({n} packages)"
             for kind, n in sorted(without.items())]  # fmt: skip
    gaps += _stale((coverage[name] for name in sorted(used)), max_age, today)
    gaps += undecided[:MAX_TOLD]
    if len(undecided) > MAX_TOLD:
        gaps.append(
            f"and {len(undecided) - MAX_TOLD} more packages whose version cannot be compared"
        )
    return Matched(sorted(found, key=_order), gaps, sorted(hints, key=_order))


def _base(ecosystem: str) -> str:
    return ecosystem.partition(":")[0]


def _kind(package: Package, patterns: list[str], inventory: Inventory) -> str:
    """What data is lacking, in words that tell what to get."""
    if patterns:
        return patterns[0].rstrip("*")
    if not is_of_distribution(package):
        return f"{package.type} packages"
    if releases(inventory.distro):
        return f"{package.type} packages of another distribution"
    distro = inventory.distro
    of = shown(f"{distro.id} {distro.version}".strip(), 60) or "an unknown distribution"
    return f"{package.type} packages of {of}"


def _stale(used: Iterable[Coverage], max_age: timedelta, today: datetime) -> list[str]:
    return [
        f"the vulnerability data for {one.ecosystem} is of {one.as_of:%Y-%m-%d}, older than "
        f"{max_age // _DAY} days: `dockgate db update`"
        for one in used
        if today - one.as_of > max_age
    ]


def _of_package(
    package: Package, ecosystems: list[str], database: Database, undecided: list[str]
) -> list[Vulnerability]:
    hits: dict[str, list[_Hit]] = {}
    unsure: dict[str, str] = {}  # by advisory
    for key in keys(package, ecosystems):
        for advisory in database.advisories(key.ecosystem, key.name):
            binaries = advisory.affected.binaries
            if binaries and package.name not in binaries and package.type == "rpm":
                continue
            try:
                said = evaluate(advisory.affected, key.version)
            except ValueError as error:
                unsure.setdefault(advisory.id, str(error))
                continue
            if said.affected:
                hit = _Hit(advisory, key.ecosystem, said.fixed)
                for identity in _cves(advisory) or [_group(advisory, hits)]:
                    hits.setdefault(identity, []).append(hit)
    if unsure:
        identity, reason = next(iter(unsure.items()))
        more = f" and {len(unsure) - 1} more advisories" if len(unsure) > 1 else ""
        undecided.append(
            f"whether {shown(identity)}{more} affects {shown(full_name(package))} "
            f"{shown(package.version, 60) or 'without a version'} cannot be told: "
            f"{shown(reason, 120)}"
        )
    return [_vulnerability(package, identity, group, database) for identity, group in hits.items()]


def _cves(advisory: Advisory) -> list[str]:
    return list(covers(advisory.id, advisory.aliases, advisory.upstream))


def _group(advisory: Advisory, known: dict[str, list[_Hit]]) -> str:
    """Under what name a record without a CVE goes: that of an alias which is there already."""
    names = {advisory.id, *advisory.aliases}
    for identity, hits in known.items():
        if identity in names or any(
            not names.isdisjoint((hit.advisory.id, *hit.advisory.aliases)) for hit in hits
        ):
            return identity
    return advisory.id


def _vulnerability(
    package: Package, identity: str, hits: list[_Hit], database: Database
) -> Vulnerability:
    rating = Rating()
    for hit in hits:
        if len(_cves(hit.advisory)) <= 1:  # an erratum for many says how bad the worst of them is
            rating = worse(rating, hit.advisory.affected.rating)
    if rating.score is None:
        for known in database.ratings(identity):
            rating = worse(rating, known)
    if rating.band == UNRATED:
        for hit in hits:
            rating = worse(rating, hit.advisory.affected.rating)
    first = hits[0].advisory
    ids = {one for hit in hits for one in (hit.advisory.id, *hit.advisory.aliases)} - {identity}
    return Vulnerability(
        identity,
        rating.band,
        shown(full_name(package)),
        shown(package.version),
        fixed=shown(_latest(hits)),
        score=rating.score,
        aliases=tuple(sorted(ids)),
        title=first.title,
        url=_PAGE + first.id,
        purl=package.purl,
        layer=package.layer,
        path=shown(package.path),
        source=SOURCE,
    )


def _latest(hits: list[_Hit]) -> str:
    """The version that mends it by the word of all who name one; "" when nobody does."""
    best = ""
    for hit in hits:
        try:
            if hit.fixed and (not best or compare(hit.ecosystem, hit.fixed, best) > 0):
                best = hit.fixed
        except ValueError:
            continue
    return best


def _order(one: Vulnerability) -> tuple[object, ...]:
    score = -(one.score or 0.0)
    return BANDS.index(one.band), score, one.package, one.version, one.id, one.path, one.layer
