"""Accounts and groups that stand in their file twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown
from dockgate.rules.subjects.passwd import accounts, groups


def check(image: Image) -> Iterator[Finding]:
    """One finding for each name or number that comes again; second roots are another rule's."""
    users = [(one.name, one.uid) for one in accounts(image) or ()]
    yield from _twice(image, "etc/passwd", "user", users)
    yield from _twice(image, "etc/group", "group", [(g.name, g.gid) for g in groups(image) or ()])


def _twice(
    image: Image, path: str, what: str, rows: Iterable[tuple[str, int]]
) -> Iterator[Finding]:
    names: set[str] = set()
    numbers: dict[int, str] = {}
    for name, number in rows:
        said = ""
        if name in names:
            said = f"{what} {shown(name, 40)} stands in /{path} twice"
        elif number in numbers and (number or what == "group"):
            first = shown(numbers[number], 40)
            said = f"{what}s {first} and {shown(name, 40)} both have the number {number}"
        names.add(name)
        numbers.setdefault(number, name)
        if said:
            real = image.real(path)
            yield Finding(
                said,
                layer=image.final()[real][0].digest,
                path=real,
                help=f"take one out, or give it a number of its own (`{what}mod`)",
            )


_ROOT = "root:x:0:0:root:/root:/bin/sh\n"

RULE = Rule(
    "image-duplicate-account",
    Image,
    Severity.WARNING,
    why=(
        "Two names with one number are one account: each may read, change and kill what is the "
        "other's, and listings show whichever name comes first, so that nobody sees it. Of two "
        "lines with one name programs take the first, and tools that change the account change "
        "either. Both come from lines that are appended to /etc/passwd by hand (`echo … >>`) "
        "where `useradd` would have refused."
    ),
    check=check,
    references=(
        "https://manpages.debian.org/stable/passwd/pwck.8.en.html",
        "CWE-694",
    ),
    aliases=("DKL-LI-0002",),
    examples=(
        bad_image(
            {"etc/passwd": _ROOT + "a:x:1000:1000::/a:/bin/sh\nb:x:1000:1000::/b:/bin/sh\n"},
            found=["etc/passwd"],
        ),
        bad_image({"etc/group": "root:x:0:\napp:x:10:\napp:x:11:\n"}, found=["etc/group"]),
        good_image({"etc/passwd": _ROOT + "app:x:1000:0::/app:/bin/sh\n"}),
        good_image({"etc/group": "root:x:0:\napp:x:10:root\n"}),
    ),
)
