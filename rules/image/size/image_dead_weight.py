"""Files that a later layer takes away and that are pulled all the same."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import File, Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, Layer, shown
from dockgate.rules.subjects.listing import human, with_size

#: Bytes of a file from which on it counts, and of a layer from which on it is told.
_FILE = 64 * 1024
_LAYER = 10_000_000
#: Bytes from which on it is more than a hint.
HEAVY = 50_000_000


def check(image: Image) -> Iterator[Finding]:
    """One finding for each layer that holds as much of what no container sees."""
    for layer in image.layers[:-1]:
        yield from _finding(image, layer)


def _finding(image: Image, layer: Layer) -> Iterator[Finding]:
    final = image.final()
    entries = layer.entries
    weight, largest = 0, ("", 0)
    for number in with_size(_FILE)(entries):
        path, size = entries.path(number), entries.sizes[number]
        if final.place(layer, path) is None:
            weight += size
            if size > largest[1]:
                largest = path, size
    if weight < _LAYER:
        return
    path, size = largest
    fate = image.fate(layer, path) or "hidden"
    yield Finding(
        f"{human(weight)} of this layer are deleted or replaced later and pulled all the same: "
        f"{shown(path)} ({human(size)}, {fate}) is the largest",
        layer=layer.digest,
        path=shown(path),
        help="delete it in the step that makes it, or copy only what stays from a build stage",
        at_most=None if weight >= HEAVY else Severity.INFO,
    )


_HEAVY = File("", size=_LAYER)

RULE = Rule(
    "image-dead-weight",
    Image,
    Severity.WARNING,
    why=(
        "A layer is never changed by the next one: what `RUN rm` deletes, and what a `chmod` or "
        "`chown` of a later step replaces, stays in the layer below. It is stored, pulled and "
        "unpacked on every node, and no container ever sees it. The image is smaller when the step "
        "that makes such a file also deletes it, when COPY sets owner and mode itself (--chown, "
        "--chmod), or when a final stage copies what stays. Below 50 MB it is a hint."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/best-practices/#use-multi-stage-builds",
        "CIS Docker 1.6 4.3",
        "CWE-459",
    ),
    examples=(
        bad_image({"a.tar": _HEAVY}, {"a.tar": None}, found=["a.tar"]),
        bad_image({"a": _HEAVY}, {"a": File("", size=1_000)}, found=["a"]),
        good_image({"a": _HEAVY}, {"b": "x"}),
        good_image({"a.tar": File("", size=1_000_000)}, {"a.tar": None}),
    ),
)
