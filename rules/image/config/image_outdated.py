"""Images that nobody has built for long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image

#: Days after which an image has surely missed updates: distributions mend something every week.
MAX_DAYS = 365
#: Docker's first release: an older date is one that reproducible builds set.
_FIRST = date(2013, 3, 20)


def check(image: Image) -> Iterator[Finding]:
    """One finding when the configuration's date is long ago."""
    try:
        created = date.fromisoformat(image.config.created[:10])
    except ValueError:
        return
    today = image.settings.today
    now = date.fromisoformat(today) if today else datetime.now(UTC).date()
    days = (now - created).days
    if created < _FIRST or days <= MAX_DAYS:
        return
    latest = ", though it is called latest" if image.name.endswith(":latest") else ""
    yield Finding(
        f"image was built {days} days ago, on {created}{latest}: what was mended since is not in "
        "it",
        help="build it anew on a base of today (`--pull --no-cache`), and look at what it holds",
    )


RULE = Rule(
    "image-outdated",
    Image,
    Severity.INFO,
    why=(
        "An image does not age well: every week distributions mend faults that anyone can look "
        "up, and an image has only those of the day it was built. A tag such as `latest` says "
        "nothing of that day. More than a year is longer than any support of the packages in it "
        "takes for granted. Only a hint: a small image that holds one program may well be old. "
        "Builds with SOURCE_DATE_EPOCH may set any date; those before Docker was there do not "
        "count."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/best-practices/#rebuild-your-images-often",
        "CIS Docker 1.6 4.4",
        "CWE-1104",
    ),
    aliases=("CIS-DI-0004", "DKL-DI-0006"),
    examples=(
        bad_image(
            {"app": ""}, config={"created": "2020-01-01T00:00:00Z"}, today="2026-01-01",
            found=["config"],
        ),
        good_image({"app": ""}, config={"created": "2025-06-01T10:00:00Z"}, today="2026-01-01"),
        good_image({"app": ""}, config={"created": "1970-01-01T00:00:00Z"}, today="2026-01-01"),
        good_image({"app": ""}),
    ),
)  # fmt: skip
