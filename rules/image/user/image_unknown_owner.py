"""Files of users that the image does not know."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import File, Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.entries import Entries
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.listing import Pick, Seen, few, seen
from dockgate.rules.subjects.passwd import accounts, identity

_EXAMPLES = 100_000  #: paths that are looked at


def check(image: Image) -> Iterator[Finding]:
    """One finding for each number, at the first of its files."""
    known = accounts(image)
    if not known:
        return
    uids = {account.uid for account in known}
    who = identity(image)
    if who is not None:
        uids.add(who.uid)
    found: dict[int, list[Seen]] = {}
    for number, one in enumerate(seen(image, _of_others(uids))):
        found.setdefault(one.entry.uid, []).append(one)
        if number > _EXAMPLES:
            break
    yield from few((_finding(uid, paths) for uid, paths in sorted(found.items())), "owners")


def _of_others(uids: set[int]) -> Pick:
    def pick(entries: Entries) -> list[int]:
        strange = {n for n, (uid, _) in enumerate(entries.owners) if uid not in uids}
        if not strange:
            return []
        return [n for n, owner in enumerate(entries.owner) if owner in strange]

    return pick


def _finding(uid: int, paths: list[Seen]) -> Finding:
    first = paths[0]
    more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
    return Finding(
        f"{first.shown}{more} of user {uid}, whom /etc/passwd does not know",
        layer=first.layer.digest,
        path=first.shown,
        help="copy with --chown, or unpack with --no-same-owner",
    )


_ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/app:/bin/sh\n"

RULE = Rule(
    "image-unknown-owner",
    Image,
    Severity.INFO,
    why=(
        "Archives keep the numbers of the people who packed them. In the image such a file belongs "
        "to whoever gets the number one day: an account that is made later, or a user of the host "
        "where the folder is shared, may change it. Mostly it is a slip of `tar` run as root, or "
        "of an account that was deleted. The user that the image itself runs as may be a number "
        "without a name."
    ),
    check=check,
    references=(
        "https://www.gnu.org/software/tar/manual/html_section/Attributes.html",
        "CWE-708",
    ),
    examples=(
        bad_image({"etc/passwd": _ACCOUNTS, "opt/a": File("", uid=501)}, found=["opt/a"]),
        good_image({"etc/passwd": _ACCOUNTS, "opt/a": File("", uid=1000)}),
        good_image({"opt/a": File("", uid=501)}),
        good_image(
            {"etc/passwd": _ACCOUNTS, "opt/a": File("", uid=501)}, config={"User": "501:501"}
        ),
    ),
)
