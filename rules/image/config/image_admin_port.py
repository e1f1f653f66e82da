"""Ports of remote administration that the configuration exposes."""

from __future__ import annotations

from collections.abc import Iterator

from dockgate.rules.rule import Finding, Rule, Severity, bad_image, good_image
from dockgate.rules.subjects.image import Image
from dockgate.rules.subjects.ports import ADMIN, parse

_SSH = 22


def check(image: Image) -> Iterator[Finding]:
    """One finding for each such port; ranges are no decision for one."""
    for exposed in image.config.ports:
        ports, protocol = parse(exposed)
        if ports is None or protocol != "tcp" or ports[0] != ports[1]:
            continue
        what = "SSH" if ports[0] == _SSH else ADMIN.get(ports[0])
        if what:
            yield Finding(
                f"image exposes {exposed}: {what}",
                help="leave it out, and reach the container by docker exec or kubectl",
            )


RULE = Rule(
    "image-admin-port",
    Image,
    Severity.WARNING,
    why=(
        "These ports give a shell, a screen or the whole engine to whoever reaches them. `docker "
        "run -P` publishes what an image exposes on all addresses of the host, and whoever reads "
        "the image's description publishes it by hand. What counts is the configuration: a base "
        "image may have exposed the port, and nothing in a Dockerfile takes it back. Where such a "
        "port is what the image is for, switch the rule off with a reason."
    ),
    check=check,
    references=(
        "https://docs.docker.com/reference/dockerfile/#expose",
        "CIS Docker 1.6 5.7",
        "CIS Docker 1.6 5.8",
        "CWE-306",
    ),
    aliases=("DS-0004", "CKV_DOCKER_1"),
    examples=(
        bad_image({"app": ""}, config={"ExposedPorts": {"22/tcp": {}}}, found=["config"]),
        bad_image(
            {"app": ""}, config={"ExposedPorts": {"2375/tcp": {}, "80/tcp": {}}}, found=["config"]
        ),
        good_image({"app": ""}, config={"ExposedPorts": {"8080/tcp": {}, "2376/tcp": {}}}),
        good_image({"app": ""}, config={"ExposedPorts": {"514/udp": {}, "20-30/tcp": {}}}),
    ),
)
