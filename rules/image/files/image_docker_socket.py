"""Sockets of engines in an image."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import File, Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.listing import seen, with_name

NAMES = ("docker.sock", "containerd.sock", "crio.sock", "podman.sock", "dockershim.sock")


def check(image: Image) -> Iterator[Finding]:
    """One finding for each path of that name outside of documentation."""
    for one in seen(image, with_name(*NAMES)):
        if one.path.startswith(("usr/share/", "usr/lib/systemd/", "lib/systemd/")):
            continue
        yield Finding(
            f"{one.shown} is the place of an engine's socket: the image means to command the host",
            layer=one.layer.digest,
            path=one.shown,
            help="leave it out; build with BuildKit in a container of its own, or without root",
        )


RULE = Rule(
    "image-docker-socket",
    Image,
    Severity.WARNING,
    why=(
        "Whoever reaches an engine's socket starts a container with the host's root folder in it, "
        "and is root there. A socket is made when the engine runs; a file or link of that name in "
        "an image is left over from one, waits to be replaced by a mount of the host's, or leads "
        "there by another way. Images that are made to command an engine are few, and should say "
        "so by an exception with a reason."
    ),
    check=check,
    references=(
        "https://docs.docker.com/engine/security/#docker-daemon-attack-surface",
        "CIS Docker 1.6 5.32",
        "CWE-250",
    ),
    aliases=("dockerfile-dockerd-socket-mount",),
    examples=(
        bad_image({"var/run/docker.sock": ""}, found=["var/run/docker.sock"]),
        bad_image(
            {"run/docker.sock": File(link="/host/run/docker.sock")}, found=["run/docker.sock"]
        ),
        good_image({"usr/lib/systemd/system/docker.socket": "[Socket]\n"}),
        good_image({"run/docker.sock": ""}, {"run/docker.sock": None}),
    ),
)
