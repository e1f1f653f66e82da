"""Core dumps: the memory of a process that crashed."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.image._programs import elf
from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown
from dockgate.rules.subjects.listing import few, human
from dockgate.rules.subjects.programs import CORE, NAME


def check(image: Image) -> Iterator[Finding]:
    """One finding for each ELF file of type core."""
    yield from few(_findings(image), "core dumps")


def _findings(image: Image) -> Iterator[Finding]:
    final = image.final()
    for path, (layer, value) in image.found(NAME).items():
        if value == CORE:
            place = shown(path)
            yield Finding(
                f"{place} is a core dump ({human(final[path][1].size)}): the memory of a process",
                layer=layer.digest,
                path=place,
                help="leave it out, and find out what crashed in the build",
            )


RULE = Rule(
    "image-core-dump",
    Image,
    Severity.WARNING,
    why=(
        "A core dump is all that a process had in memory when it crashed: keys, tokens, what its "
        "users had sent. In an image everybody who pulls it can read it, with a debugger or just "
        "with `strings`. It is also large, and a sign that something crashed while the image was "
        "built and nobody noticed. It is told by what it is, whatever its name."
    ),
    check=check,
    references=(
        "https://man7.org/linux/man-pages/man5/core.5.html",
        "CWE-528",
    ),
    aliases=("DKL-LI-0003",),
    examples=(
        bad_image({"app/core.4711": elf(kind=4, mode=0o600)}, found=["app/core.4711"]),
        bad_image({"var/crash/dump": elf(kind=4)}, found=["var/crash/dump"]),
        good_image({"app/core": "not one\n", "app/core.1": elf(kind=2)}),
        good_image({"core": elf(kind=4)}, {"core": None}),
    ),
)
