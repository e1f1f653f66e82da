"""ADD in an image's history."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.image.config import _history
from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image, shown


def check(image: Image) -> Iterator[Finding]:
    """One finding for each ADD other than the one that brings a root file system."""
    for number, step in _history.steps(image):
        words = step.split()
        if len(words) < 3 or words[0] != "ADD":
            continue
        sources, target = words[1:-1], words[-1]
        sources = [word for word in sources if not word.startswith("--") and word != "in"]
        remote = any(source.startswith(("http://", "https://")) for source in sources)
        checked = any(word.startswith("--checksum=") for word in words)
        if not sources or (target == "/" and not remote) or (remote and checked):
            continue
        said = "downloads a file that nothing checks" if remote else "may unpack archives unasked"
        yield Finding(
            f"step {number} of the history is ADD, which {said}: {shown(step, 80)}",
            help="use COPY; for a download ADD --checksum=sha256:…",
            at_most=None if remote else Severity.INFO,
        )


RULE = Rule(
    "image-built-with-add",
    Image,
    Severity.WARNING,
    why=(
        "ADD fetches what lies behind an address on the day of the build, with nothing to tell "
        "whether it is what was meant; and it unpacks archives that the context holds, so that a "
        "crafted one writes where its author likes. COPY does neither. The history shows it for "
        "base images too, of which there is no Dockerfile. The first ADD of a base image, which "
        "brings its root file system, is meant so; ADD of a local file is only a hint."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/best-practices/#add-or-copy",
        "CIS Docker 1.6 4.9",
        "CWE-494",
    ),
    aliases=("CIS-DI-0009",),
    examples=(
        bad_image(
            {"app": ""}, config={"history": ["ADD https://example.com/app /app # buildkit"]},
            found=["config"],
        ),
        bad_image(
            {"app": ""}, config={"history": ["/bin/sh -c #(nop) ADD file:1f2e3d in /app"]},
            found=["config"],
        ),
        good_image({"app": ""}, config={"history": ["/bin/sh -c #(nop) ADD file:1f2e3d in / "]}),
        good_image({"app": ""}, config={"history": ["ADD rootfs.tar.xz / # buildkit"]}),
        good_image({"app": ""}, config={"history": ["COPY app /app # buildkit"]}),
    ),
)  # fmt: skip
