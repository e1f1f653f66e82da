"""What tells a finding from others in later runs, although the lines above it have moved."""

from __future__ import annotations

from hashlib import sha256

from dockgate.linter import fingerprint
from dockgate.linter.reporters.rows import Row

DIGITS = 32  #: hexadecimal, of a fingerprint


class Fingerprints:
    """Gives each row of a report a fingerprint of its own; asked once for each, in their order.

    Made of what the finding is known by everywhere (in an image: the rule and the path, as layers
    come anew with each build) and how often just that was there before. Of a secret it knows only
    what is shown of it: no hash tells more.
    """

    __slots__ = ("_seen", "_with_place")

    def __init__(self, *, with_place: bool) -> None:
        """`with_place`: unique in the report, not only in a file or an image."""
        self._with_place = with_place
        self._seen: dict[tuple[str, str], int] = {}

    def __call__(self, row: Row) -> str:
        """The fingerprint of a row."""
        known = _known_by(row)
        count = self._seen.get((row.where, known), 0)
        self._seen[row.where, known] = count + 1
        place = row.where if self._with_place else ""
        whole = "\0".join((place, known, str(count)))
        return sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def _known_by(row: Row) -> str:
    if row.finding is None:
        return f"{row.rule}\0{row.message}"
    if row.file is None:
        return f"{row.rule}\0{row.inside}"
    return fingerprint.fingerprint(row.file, row.finding)
