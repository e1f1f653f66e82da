"""What is left out of account, and by whose word: ignores of the policy, Trivy's files, VEX."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from dockgate.builder.vulnerabilities.purls import means
from dockgate.rules.subjects.image import shown
from dockgate.rules.subjects.vulnerability import Vulnerability


class Ignore(NamedTuple):
    """A vulnerability that somebody accepts."""

    id: str  #: or one of its aliases
    package: str = ""  #: its name; "" means any
    paths: tuple[str, ...] = ()  #: globs of where the package is; () means anywhere
    purls: tuple[str, ...] = ()  #: () means any
    expires: date | None = None  #: the last day on which it holds
    reason: str = ""
    where: str = ""  #: `.trivyignore:3`


class Statement(NamedTuple):
    """What a VEX document says of a vulnerability in products."""

    ids: tuple[str, ...]
    status: str  #: `not_affected`, `affected`, `fixed`, `under_investigation`
    products: tuple[tuple[str, tuple[str, ...]], ...]  #: each with its subcomponents
    justification: str
    where: str
    order: str = ""  #: the last of several statements counts: its time


class Accepted(NamedTuple):
    """A vulnerability that does not count, and why."""

    vulnerability: Vulnerability
    reason: str


SUPPRESSING = ("not_affected", "fixed")


def apply(
    found: Sequence[Vulnerability],
    ignores: Sequence[Ignore],
    statements: Sequence[Statement],
    image: Sequence[str],
    today: date,
) -> tuple[list[Vulnerability], list[Accepted], list[str]]:
    """What counts, what does not, and what is to be told of ignores: one line each.

    `image`: the names that a VEX document may have for the image: package URLs and digests.
    """
    told = [
        f"{one.where}: {shown(one.id)} has been ignored until {one.expires}, which is over"
        for one in ignores
        if one.expires is not None and one.expires < today
    ]
    holding = [one for one in ignores if one.expires is None or one.expires >= today]
    left: list[Vulnerability] = []
    accepted: list[Accepted] = []
    for vulnerability in found:
        reason = _by_ignore(vulnerability, holding) or _by_statement(
            vulnerability, statements, image
        )
        if reason:
            accepted.append(Accepted(vulnerability, reason))
        else:
            left.append(vulnerability)
    return left, accepted, told


def _by_ignore(vulnerability: Vulnerability, ignores: Iterable[Ignore]) -> str:
    names = {name.lower() for name in (vulnerability.id, *vulnerability.aliases)}
    for one in ignores:
        if (
            one.id.lower() in names
            and one.package in ("", vulnerability.package)
            and (not one.paths or _within(vulnerability.path, one.paths))
            and (not one.purls or any(means(purl, vulnerability.purl) for purl in one.purls))
        ):
            return f"{one.where}: {one.reason or 'ignored without a reason'}"
    return ""


def _within(path: str, globs: Iterable[str]) -> bool:
    import pathspec

    return bool(path) and pathspec.GitIgnoreSpec.from_lines(globs).match_file(path)


def _by_statement(
    vulnerability: Vulnerability, statements: Iterable[Statement], image: Sequence[str]
) -> str:
    names = {name.lower() for name in (vulnerability.id, *vulnerability.aliases)}
    meant = [
        one
        for one in statements
        if not names.isdisjoint(name.lower() for name in one.ids)
        and any(_concerns(product, vulnerability, image) for product in one.products)
    ]
    if not meant:
        return ""
    last = max(meant, key=lambda one: one.order)
    if last.status not in SUPPRESSING:
        return ""
    return f"{last.where}: {last.status}" + (
        f": {last.justification}" if last.justification else ""
    )


def _concerns(
    product: tuple[str, tuple[str, ...]], vulnerability: Vulnerability, image: Sequence[str]
) -> bool:
    """A product is the package itself, or the image, then maybe only some packages of it."""
    name, parts = product
    if any(_is_image(name, known) for known in image):
        return not parts or any(means(part, vulnerability.purl) for part in parts)
    return not parts and means(name, vulnerability.purl)


def _is_image(name: str, known: str) -> bool:
    return name == known or (known.startswith("pkg:") and means(name, known))
