"""All packages brought up, or an index fetched for nothing, in an image's history."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.image.config import _history
from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image

_UPGRADES = {
    "apt-get": ("upgrade", "dist-upgrade"),
    "apt": ("upgrade", "full-upgrade"),
    "apk": ("upgrade",),
    "yum": ("update", "upgrade"),
    "dnf": ("update", "upgrade", "distro-sync"),
    "microdnf": ("update", "upgrade"),
    "zypper": ("update", "up", "dup", "dist-upgrade"),
}
_INDEX = {"apt-get": "update", "apt": "update", "apk": "update"}


def check(image: Image) -> Iterator[Finding]:
    """One finding for each step that upgrades everything, or only fetches an index."""
    for number, step in _history.steps(image):
        calls = [_history.options_left_out(words) for words in _history.commands(step)]
        for call in calls:
            if len(call) == 2 and call[1] in _UPGRADES.get(call[0], ()):
                yield Finding(
                    f"step {number} of the history brings up all packages: {' '.join(call)}",
                    help="take a newer base image, or upgrade the packages that need it",
                )
                break
        if len(calls) == 1 and calls[0][1:2] == [_INDEX.get(calls[0][0] if calls[0] else "")]:
            yield Finding(
                f"step {number} of the history only fetches an index: {' '.join(calls[0])}",
                help="fetch the index in the step that installs, so that both are of one day",
            )


RULE = Rule(
    "image-packages-upgraded",
    Image,
    Severity.INFO,
    why=(
        "An upgrade of everything stores each replaced file a second time, and runs once: "
        "afterwards the layer comes from the cache, and the image is as old as that day whatever "
        "its date says. An index that is fetched in a step of its own comes from the cache while "
        "the step that installs runs anew: it installs the versions of an old index, or fails. "
        "The history tells of base images too. A hint: where a base is mended slowly an upgrade "
        "may be right."
    ),
    check=check,
    references=(
        "https://docs.docker.com/build/building/best-practices/#apt-get",
        "CIS Docker 1.6 4.4",
        "CIS Docker 1.6 4.7",
    ),
    aliases=("DKL-DI-0003", "CIS-DI-0007"),
    examples=(
        bad_image(
            {"app": ""},
            config={"history": ["RUN /bin/sh -c apt-get update && apt-get -y upgrade # buildkit"]},
            found=["config"],
        ),
        bad_image({"app": ""}, config={"history": ["/bin/sh -c apk update"]}, found=["config"]),
        good_image(
            {"app": ""},
            config={"history": ["RUN /bin/sh -c apt-get update && apt-get install -y curl"]},
        ),
        good_image({"app": ""}, config={"history": ["COPY apt-get upgrade / # buildkit"]}),
    ),
)
