"""Images that are larger than they may be."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown

#: Bytes unpacked, where the policy says nothing. A slim base with a runtime and an application
#: stays well below; what is above mostly carries a compiler, a package cache or a copied folder.
DEFAULT_MAX_SIZE = 1_000_000_000


def check(image: Image) -> Iterator[Finding]:
    """One finding when all layers together, unpacked, are over the limit."""
    limit = image.settings.max_size
    if limit is None:
        limit = DEFAULT_MAX_SIZE
    if image.unpacked <= limit:
        return
    largest = max(image.layers, key=lambda layer: layer.unpacked)
    made_by = shown(" ".join(largest.created_by.split()))[:80]
    yield Finding(
        f"image has {_size(image.unpacked)} unpacked, {_size(limit)} are allowed; its "
        f"largest layer has {_size(largest.unpacked)}" + (f": {made_by}" if made_by else ""),
        layer=largest.digest,
        help="build in a stage of its own, and copy only what runs into a slim final stage",
    )


def _size(size: int) -> str:
    """Powers of 1000, as docker counts."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:.2f} {name}"
    return f"{size} bytes"


RULE = Rule(
    "image-too-large",
    Image,
    Severity.WARNING,
    why=(
        "Every byte of an image is stored, sent and unpacked for every node that runs it, so large "
        "images start slowly where it matters most: when a service must grow or move. What makes "
        "them large is mostly what is not used at run time (compilers, caches, sources), and each "
        "such part is also one more thing to keep free of vulnerabilities. The size is that of the "
        "unpacked layers, as `docker images` shows it; `max_size` in the policy sets the limit."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/multi-stage/",
        "CIS Docker 1.6 4.3",
        "NIST SP 800-190 4.1.2",
    ),
    aliases=("CIS-DI-0003",),
    examples=(
        bad_image({"app": "x" * 4000}, {"data": "x" * 20_000}, max_size=20_000, found=["config"]),
        good_image({"app": "x" * 4000}, max_size=20_000),
        good_image({"app": "x" * 4000}),
    ),
)
