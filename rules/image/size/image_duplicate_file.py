"""Large files that an image holds more than once."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import File, Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, Layer, shown
from dockgate.rules.subjects.listing import few, human

#: Bytes from which on a file is looked at.
LARGE = 10_000_000
#: The reader, whose values are digests.
READER = "twins"


def check(image: Image) -> Iterator[Finding]:
    """One finding for each file that an earlier one equals, in whatever layer."""
    yield from few(_findings(image), "files that are there twice")


def _findings(image: Image) -> Iterator[Finding]:
    known: dict[str, tuple[Layer, str]] = {}
    for layer in image.layers:
        sizes = None
        for name, digest in sorted(layer.results.get(READER, {}).items()):
            path = name.partition("//")[0]
            first = known.setdefault(digest, (layer, path))
            if first == (layer, path):
                continue
            if sizes is None:
                sizes = {
                    layer.entries.path(n): size
                    for n, size in enumerate(layer.entries.sizes)
                    if size >= LARGE
                }
            same = first[1] == path
            place = "in a lower layer" if same else f"as {shown(first[1])}"
            yield Finding(
                f"{shown(path)} ({human(sizes.get(path, 0))}) is there already, {place}",
                layer=layer.digest,
                path=shown(path),
                help="set owner and mode in the COPY that brings it (--chown, --chmod)"
                if same
                else "make a link of it, or copy the file once",
            )


_LARGE = File("", size=LARGE)

RULE = Rule(
    "image-duplicate-file",
    Image,
    Severity.INFO,
    why=(
        "An image holds a file as often as its layers have it. A `chown -R`, a `chmod`, a `mv` or "
        "a `cp` in a step of its own writes all of it once more, with nothing to show for it; two "
        "COPY of one build result do the same. Every node stores and pulls both. Files of 10 MB "
        "and more are compared by their content."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/best-practices/#use-multi-stage-builds",
        "CIS Docker 1.6 4.3",
    ),
    aliases=("CIS-DI-0003",),
    examples=(
        bad_image({"app/model": _LARGE}, {"srv/model": _LARGE}, found=["srv/model"]),
        bad_image({"m": _LARGE}, {"m": _LARGE._replace(mode=0o600)}, found=["m"]),
        good_image({"a": _LARGE, "b": File("b", size=LARGE)}),
        good_image({"a": File("", size=1000), "b": File("", size=1000)}),
    ),
)
