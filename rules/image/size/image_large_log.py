"""Logs that a build has left behind."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import File, Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.listing import few, human, seen, with_size

#: Bytes of a log from which on it is told: what installing some packages writes is less.
LARGE = 1_000_000

_FOLDER = "var/log/"
_ENDINGS = (".log", ".log.1", ".log.gz", ".out.log", "nohup.out", "npm-debug.log", ".hprof")


def check(image: Image) -> Iterator[Finding]:
    """One finding for each large log."""
    yield from few(_findings(image), "logs")


def _findings(image: Image) -> Iterator[Finding]:
    for one in seen(image, with_size(LARGE)):
        if one.path.startswith(_FOLDER) or one.path.endswith(_ENDINGS):
            yield Finding(
                f"log {one.shown} weighs {human(one.entry.size)}",
                layer=one.layer.digest,
                path=one.shown,
                help="delete it in the step that writes it, and let containers log to their output",
            )


_LOG = File("", size=LARGE)

RULE = Rule(
    "image-large-log",
    Image,
    Severity.INFO,
    why=(
        "A log that is in the image was written by the build, or by a container that somebody has "
        "committed. Nobody will read it, every node pulls it, and it tells more than it should: "
        "hosts, paths, parameters, now and then a token in an address. A container that goes on "
        "writing there fills its own layer on top, where no rotation and no collector looks."
    ),
    check=check,
    references=(
        "https://docs.docker.com/engine/logging/",
        "CIS Docker 1.6 4.3",
        "CWE-532",
    ),
    aliases=("DKL-LI-0003",),
    examples=(
        bad_image({"var/log/app/build": _LOG}, found=["var/log/app/build"]),
        bad_image({"srv/npm-debug.log": _LOG}, found=["srv/npm-debug.log"]),
        good_image({"var/log/dpkg.log": "x", "srv/data": _LOG}),
    ),
)
